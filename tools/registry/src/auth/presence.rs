//! Whether an address is a registry's: what the answer for `/v2/` means (distribution-spec, "Determining Support").

use reqwest::{Response, StatusCode};

use crate::Error;
use crate::transport::answer;
use crate::transport::connection::Connection;

/// The header by which registries have told for ten years that they are one; proxies and pages do not have it.
const API_VERSION: &str = "docker-distribution-api-version";

/// What is at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Registry,
    /// No registry, and why.
    Nothing(String),
}

impl Presence {
    /// The status decides. Only a success is looked into, since pages succeed at any address: 401 and 403 are a registry
    /// that is not open to everybody, whatever their bodies are.
    pub(super) async fn of(response: Response, connection: &Connection, operation: &str) -> Result<Self, Error> {
        let server = connection.server(response.url());
        let status = response.status();
        let is_refusal = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) && !server.is_elsewhere();
        let is_told = status.is_success() && response.headers().contains_key(API_VERSION);
        if is_refusal || is_told {
            return Ok(Self::Registry);
        }
        let what = if !status.is_success() {
            format!("is answered with `{status}`")
        } else if answer::is_page(&connection.read(response, operation).await?) {
            "is a web page".to_owned()
        } else {
            return Ok(Self::Registry);
        };
        Ok(Self::Nothing(if server.is_elsewhere() {
            format!("`/v2/` leads to `{}` and {what}", server.host())
        } else {
            format!("`/v2/` {what}")
        }))
    }
}
