//! Answers in GitHub's form. Owns what errors look like, not when there is one.

use serde_json::{Value, json};

/// Where each error of the API says that more is to be read.
const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// What a request is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// A document.
    pub(super) fn json(status: u16, value: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
        Self { status, headers, body: value.to_string().into_bytes() }
    }

    /// Plain text.
    pub(super) fn text(status: u16, text: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
        Self { status, headers, body: text.as_bytes().to_vec() }
    }

    /// Done, and there is nothing to say.
    pub(super) fn nothing() -> Self {
        Self { status: 204, headers: Vec::new(), body: Vec::new() }
    }

    /// An error with a message alone.
    pub(super) fn error(status: u16, message: &str) -> Self {
        let status_text = status.to_string();
        Self::json(status, &json!({"message": message, "documentation_url": DOCUMENTATION, "status": status_text}))
    }

    /// What is not there, or not for this token to see.
    pub(super) fn not_found() -> Self {
        Self::error(404, "Not Found")
    }

    /// A value of a field that breaks a rule, by GitHub's code for that rule.
    pub(super) fn invalid_field(resource: &str, field: &str, code: &str) -> Self {
        Self::invalid(&json!({"resource": resource, "code": code, "field": field}))
    }

    /// A value of a field that breaks a rule that only a sentence can tell.
    pub(super) fn invalid_because(resource: &str, field: &str, message: &str) -> Self {
        Self::invalid(&json!({"resource": resource, "code": "custom", "field": field, "message": message}))
    }

    fn invalid(error: &Value) -> Self {
        let body = json!({
            "message": "Validation Failed",
            "errors": [error],
            "documentation_url": DOCUMENTATION,
            "status": "422",
        });
        Self::json(422, &body)
    }

    /// The same with another header.
    pub(super) fn with_header(mut self, name: &str, value: String) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }
}
