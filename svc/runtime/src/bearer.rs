//! Who may call a guarded path: whoever has the token. RFC 6750, section 2.1, in the header alone.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::refusal::Refusal;
use crate::secret::Secret;

/// What is compared: digests have one length, so that not even that of the token can be measured.
type TokenDigest = [u8; 32];

/// Lets only requests with `Authorization: Bearer TOKEN` through to what `routes` hold so far. All others get 401.
pub fn require_bearer<S: Clone + Send + Sync + 'static>(routes: Router<S>, token: &Secret) -> Router<S> {
    let wanted: TokenDigest = Sha256::digest(token.expose()).into();
    routes.route_layer(middleware::from_fn_with_state(wanted, check))
}

async fn check(State(wanted): State<TokenDigest>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(token);
    match given {
        Some(token) if is_same(&wanted, token) => next.run(request).await,
        Some(_) => refused("the bearer token is not the one of this service"),
        None => refused("send `Authorization: Bearer TOKEN`"),
    }
}

/// The token of a header; the scheme's case does not matter (RFC 9110, section 11.1).
fn token(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

fn is_same(wanted: &TokenDigest, given: &[u8]) -> bool {
    let given: TokenDigest = Sha256::digest(given).into();
    wanted.ct_eq(&given).into()
}

fn refused(detail: &str) -> Response {
    let refusal = Refusal::new(StatusCode::UNAUTHORIZED, detail);
    refusal.with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt as _;

    async fn status(authorization: Option<&str>) -> u16 {
        let routes = Router::new().route("/guarded", get(async || "in"));
        let routes = require_bearer(routes, &Secret::new("open sesame".to_owned()));
        let routes = routes.route("/open", get(async || "in"));
        let mut request = Request::get("/guarded");
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let open = Request::get("/open").body(Body::empty()).expect("a request");
        assert_eq!(routes.clone().oneshot(open).await.expect("an answer").status(), 200);
        let response = routes.oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
        let is_refused = response.status() == StatusCode::UNAUTHORIZED;
        assert_eq!(response.headers().contains_key(header::WWW_AUTHENTICATE), is_refused);
        response.status().as_u16()
    }

    #[tokio::test]
    async fn only_the_token_opens() {
        for right in ["Bearer open sesame", "bearer open sesame", "BEARER open sesame"] {
            assert_eq!(status(Some(right)).await, 200, "{right}");
        }
        for wrong in ["Bearer open", "Bearer open sesame ", "Bearer  open sesame", "Basic open sesame", "Bearer", ""] {
            assert_eq!(status(Some(wrong)).await, 401, "{wrong}");
        }
        assert_eq!(status(None).await, 401);
    }
}
