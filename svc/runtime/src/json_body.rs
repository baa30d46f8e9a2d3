//! The body of a request as a typed document, and the refusal of one that is not.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

/// A JSON body of type `T`, which should deny unknown fields. Whatever else arrives is a [`Refusal`]: 400 for what is
/// not JSON or not a `T`, 413 for what is too large, 415 for another media type.
#[derive(Clone, Copy, Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(refusal(&rejection)),
        }
    }
}

fn refusal(rejection: &JsonRejection) -> Refusal {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON with `content-type: application/json`")
        }
        JsonRejection::BytesRejection(_) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than `limits.body_bytes` of this service")
        }
        JsonRejection::BytesRejection(_) => Refusal::bad_request("the body did not arrive as a whole"),
        // 422 is axum's word for JSON of the wrong shape; callers have one case less to know with 400.
        _ => Refusal::bad_request(format!("the body is refused: {}", rejection.body_text())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::Router;
    use axum::body::{self, Body};
    use axum::extract::DefaultBodyLimit;
    use axum::http::header;
    use axum::routing::post;
    use serde::Deserialize;
    use tower::ServiceExt as _;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document {
        name: String,
    }

    async fn send(media_type: &str, body: &str) -> (u16, String) {
        let routes = Router::new()
            .route("/", post(async |JsonBody(document): JsonBody<Document>| document.name))
            .layer(DefaultBodyLimit::max(64));
        let request = Request::post("/").header(header::CONTENT_TYPE, media_type).body(Body::from(body.to_owned()));
        let response = routes.oneshot(request.expect("a request")).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = body::to_bytes(response.into_body(), 1024).await.expect("a body");
        (status, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn each_wrong_body_has_its_status_and_says_why() {
        assert_eq!(send("application/json", r#"{"name":"a"}"#).await, (200, "a".to_owned()));
        let large = format!(r#"{{"name":"{}"}}"#, "a".repeat(64));
        let cases = [
            ("text/plain", r#"{"name":"a"}"#, 415, "content-type: application/json"),
            ("application/json", "", 400, "EOF"),
            ("application/json", "name=a", 400, "the body is refused"),
            ("application/json", r#"{"name":1}"#, 400, "expected a string"),
            ("application/json", r#"{"name":"a","nmae":"b"}"#, 400, "unknown field `nmae`"),
            ("application/json", "{}", 400, "missing field `name`"),
            ("application/json", &large, 413, "limits.body_bytes"),
        ];
        for (media_type, body, status, part) in cases {
            let answer = send(media_type, body).await;
            assert!(answer.0 == status && answer.1.contains(part), "{body}: {answer:?}");
        }
    }
}
