//! What stands in the address of a request as typed values, and the refusal of what does not fit.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

/// The query of type `T`, which should deny unknown fields. Whatever else arrives is refused with 400.
#[derive(Clone, Copy, Debug)]
pub struct QueryParameters<T>(pub T);

/// The one parameter in the path of a route, decoded. What is not UTF-8 is refused with 400.
#[derive(Clone, Debug)]
pub struct PathParameter(pub String);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryParameters<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::from_request_parts(parts, state).await;
        let Query(parameters) = query
            .map_err(|rejection| Refusal::bad_request(format!("the address is refused: {}", rejection.body_text())))?;
        Ok(Self(parameters))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathParameter {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::from_request_parts(parts, state).await;
        let Path(parameter) = path
            .map_err(|rejection| Refusal::bad_request(format!("the address is refused: {}", rejection.body_text())))?;
        Ok(Self(parameter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::Router;
    use axum::body::{self, Body};
    use axum::http::{Request, header};
    use axum::routing::get;
    use serde::Deserialize;
    use tower::ServiceExt as _;

    use crate::refusal::{PROBLEM_JSON, ProblemDocument};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Range {
        from: Option<u8>,
    }

    async fn get_at(address: &str) -> (u16, String) {
        let range = async |QueryParameters(range): QueryParameters<Range>| format!("{:?}", range.from);
        let item = async |PathParameter(item): PathParameter| item;
        let routes: Router = Router::new().route("/range", get(range)).route("/items/{item}", get(item));
        let request = Request::get(address).body(Body::empty()).expect("a request");
        let response = routes.oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let media_type = response.headers()[header::CONTENT_TYPE].clone();
        let bytes = body::to_bytes(response.into_body(), 65536).await.expect("a body");
        if status == 200 {
            return (status, String::from_utf8(bytes.to_vec()).expect("text"));
        }
        assert_eq!(media_type, PROBLEM_JSON);
        (status, serde_json::from_slice::<ProblemDocument>(&bytes).expect("a problem document").detail)
    }

    #[tokio::test]
    async fn what_fits_is_taken_and_what_does_not_is_a_problem_document() {
        let cases = [
            ("/range", 200, "None"),
            ("/range?from=7", 200, "Some(7)"),
            ("/range?from=x", 400, "the address is refused: "),
            ("/range?form=7", 400, "unknown field `form`"),
            ("/items/a%20b", 200, "a b"),
            ("/items/%FF", 400, "the address is refused: "),
        ];
        for (address, status, part) in cases {
            let (answered, text) = get_at(address).await;
            assert_eq!(answered, status, "{address}: {text}");
            assert!(text.contains(part), "{address}: {text}");
        }
    }
}
