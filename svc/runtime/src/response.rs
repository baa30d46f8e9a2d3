//! The body of every refusal: a problem document, <https://www.rfc-editor.org/rfc/rfc9457>.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

/// RFC 9457, section 3. Without a `type` a document means no more than its status.
#[derive(Debug, Serialize)]
struct ProblemDocument<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
}

/// A refusal with `status`; `detail` tells the caller what to change and carries no secret.
#[must_use]
pub fn error_response(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let mut response = (status, Json(ProblemDocument { title, status: status.as_u16(), detail })).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
