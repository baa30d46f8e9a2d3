//! The body of every refusal: a problem document, <https://www.rfc-editor.org/rfc/rfc9457>.

use std::error::Error;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tracing::error;

/// The media type of a problem document.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// RFC 9457, section 3. Without a `type` a document means no more than its status.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ProblemDocument {
    pub(crate) title: String,
    pub(crate) status: u16,
    pub(crate) detail: String,
}

/// Why a request is not served: what a handler returns in place of its answer.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// A refusal with `status`; `detail` tells the caller what to change and carries no secret.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), headers: Vec::new() }
    }

    /// 400: the request cannot be understood.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404: there is no such thing.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409: what is there does not agree with the request.
    #[must_use]
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// A failure of the service's own: the log gets the cause, the caller only learns that it is not theirs.
    #[must_use]
    pub fn internal(operation: &str, cause: &dyn Error) -> Self {
        error!(operation, cause = %chain(cause), "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("cannot {operation}"))
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What the caller is told.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// For a handler that takes `Result<Path<T>, PathRejection>`: axum's own answer is no problem document.
impl From<PathRejection> for Refusal {
    fn from(rejection: PathRejection) -> Self {
        Self::bad_request(format!("the path is refused: {}", rejection.body_text()))
    }
}

/// As for the path.
impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(format!("the query is refused: {}", rejection.body_text()))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error").to_owned();
        let document = ProblemDocument { title, status: self.status.as_u16(), detail: self.detail };
        let mut response = (self.status, Json(document)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response.headers_mut().extend(self.headers);
        response
    }
}

/// An error and its causes in one line, outermost first.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::io;

    use axum::Router;
    use axum::body::{self, Body};
    use axum::extract::{Path, Query};
    use axum::http::Request;
    use axum::routing::get;
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn a_refusal_is_a_problem_document() {
        let refusal =
            Refusal::not_found("there is no key `a`").with_header(header::RETRY_AFTER, HeaderValue::from_static("1"));
        let response = refusal.into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()[header::RETRY_AFTER]),
            (404, &"1".parse().unwrap())
        );
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        let bytes = body::to_bytes(response.into_body(), 1024).await.expect("a body");
        assert_eq!(bytes, r#"{"title":"Not Found","status":404,"detail":"there is no key `a`"}"#);
    }

    #[tokio::test]
    async fn a_path_and_a_query_are_refused_as_problem_documents() {
        let handler = async |path: Result<Path<u8>, PathRejection>,
                             query: Result<Query<[(u8, u8); 1]>, QueryRejection>| {
            Ok::<_, Refusal>(format!("{} {:?}", path?.0, query?.0))
        };
        let routes = Router::new().route("/{number}", get(handler));
        for (uri, expected) in [("/a?1=2", "the path is refused: "), ("/1?1=a", "the query is refused: ")] {
            let request = Request::get(uri).body(Body::empty()).expect("a request");
            let response = routes.clone().oneshot(request).await.expect("an answer");
            assert_eq!(
                (response.status().as_u16(), &response.headers()[header::CONTENT_TYPE]),
                (400, &HeaderValue::from_static(PROBLEM_JSON))
            );
            let bytes = body::to_bytes(response.into_body(), 1024).await.expect("a body");
            let document: ProblemDocument = serde_json::from_slice(&bytes).expect("a problem document");
            assert!(document.detail.starts_with(expected), "{}", document.detail);
        }
    }

    #[test]
    fn an_internal_failure_does_not_show_its_cause() {
        let refusal = Refusal::internal("store the key", &io::Error::other("disk on fire"));
        assert_eq!((refusal.status().as_u16(), refusal.detail()), (500, "cannot store the key"));
    }
}
