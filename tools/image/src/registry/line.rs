//! The line to one registry: sends a request, reads an answer, and says whose failure it was. Knows nothing of authorization
//! and nothing of what is asked.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, Url};

use super::error::RegistryError;
use super::retry::{self, RetryPolicy};
use super::stall::{self, BodyError, Stalled, Watch};
use super::{address, answer};
use crate::http;
use crate::layout::JSON_LIMIT;
use crate::reference::Repository;

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What this tool calls itself.
const USER_AGENT: &str = concat!("image/", env!("CARGO_PKG_VERSION"));

/// Who gave an answer, or should have: a registry, or a host that it leads to by a redirect, a `Location` or a realm. What
/// another host says is told as its own: it says nothing about the registry, nor about who may do what there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    registry: String,
    elsewhere: Option<String>,
}

impl Server {
    /// The registry with this host itself.
    pub(super) fn registry(host: &str) -> Self {
        Self { registry: host.to_owned(), elsewhere: None }
    }

    /// The registry's host, whoever answered.
    #[must_use]
    pub fn registry_host(&self) -> &str {
        &self.registry
    }

    /// The host that answered, with its port where that is not the usual one.
    #[must_use]
    pub fn host(&self) -> &str {
        self.elsewhere.as_deref().unwrap_or(&self.registry)
    }

    /// Whether it is another host than the registry.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        self.elsewhere.is_some()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.elsewhere {
            None => write!(formatter, "registry `{}`", self.registry),
            Some(host) => write!(formatter, "`{host}`, where registry `{}` leads,", self.registry),
        }
    }
}

/// The connections to one registry and to where it leads.
#[derive(Debug)]
pub(super) struct Line {
    registry: String,
    base: Url,
    client: Client,
    timeout: Duration,
}

impl Line {
    /// To the registry that `repository` is in. Nothing is sent.
    pub(super) fn new(repository: &Repository, policy: &RetryPolicy) -> Result<Self, RegistryError> {
        let registry = repository.host().to_owned();
        let base = address::api_base(repository).ok_or_else(|| RegistryError::NotARegistry {
            registry: registry.clone(),
            reason: "its name makes no URL".to_owned(),
        })?;
        let client = client(&registry, &base, policy.timeout, |builder| builder)?;
        Ok(Self { registry, base, client, timeout: policy.timeout })
    }

    /// The registry's host.
    pub(super) fn registry(&self) -> &str {
        &self.registry
    }

    /// `https://ghcr.io/v2/`.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// A client that takes a redirect for the answer. Made when it is needed, which few registries have it.
    pub(super) fn client_without_redirects(&self) -> Result<Client, RegistryError> {
        client(&self.registry, &self.base, self.timeout, |builder| builder.redirect(Policy::none()))
    }

    /// An attempt in which nothing moves for this long is given up.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether a URL is the registry's: nobody else has any business with credentials for it.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// Whose a URL is.
    pub(super) fn server(&self, url: &Url) -> Server {
        let mut server = Server::registry(&self.registry);
        if !self.is_own(url) {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            server.elsewhere = Some(format!("{}{port}", url.host_str().unwrap_or_default()));
        }
        server
    }

    /// Sends one request, which `requests` counts, and waits for the answer's head.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        watch: Watch,
        operation: &str,
        requests: &AtomicU64,
    ) -> Result<Response, RegistryError> {
        let (client, request) = request.build_split();
        let request = request.map_err(|source| self.transport(&self.base, operation, source))?;
        let url = request.url().clone();
        requests.fetch_add(1, Ordering::Relaxed);
        match watch.wait(client.execute(request)).await {
            Ok(answer) => answer.map_err(|source| self.transport(&url, operation, source)),
            Err(Stalled) => Err(self.stalled(&url, operation)),
        }
    }

    /// The body of an answer that is JSON, as far as its length can say that.
    pub(super) async fn read(&self, response: Response, operation: &str) -> Result<Vec<u8>, RegistryError> {
        let url = response.url().clone();
        stall::read_body(response, JSON_LIMIT, self.timeout).await.map_err(|error| match error {
            BodyError::Stalled => self.stalled(&url, operation),
            BodyError::Transport(source) => self.transport(&url, operation, source),
            BodyError::TooLong => RegistryError::NotARegistry {
                registry: self.registry.clone(),
                reason: format!("its answer has more than {JSON_LIMIT} bytes (to {operation})"),
            },
        })
    }

    /// What an answer that is an error comes to.
    pub(super) async fn status_error(&self, response: Response, operation: &str) -> RegistryError {
        RegistryError::Status {
            server: self.server(response.url()),
            operation: operation.to_owned(),
            status: response.status(),
            retry_after: retry::retry_after(response.headers(), SystemTime::now()),
            detail: self.detail(response).await,
        }
    }

    /// The server's own words on its error; one whose text does not arrive is still that error.
    pub(super) async fn detail(&self, response: Response) -> String {
        let body = stall::read_body(response, JSON_LIMIT, self.timeout).await;
        body.map(|body| answer::detail(&body)).unwrap_or_default()
    }

    /// URLs of uploads and redirects carry signatures, so that none is part of an error but its host.
    fn transport(&self, asked: &Url, operation: &str, source: reqwest::Error) -> RegistryError {
        let server = self.server(source.url().unwrap_or(asked));
        RegistryError::Transport { server, operation: operation.to_owned(), source: source.without_url() }
    }

    fn stalled(&self, asked: &Url, operation: &str) -> RegistryError {
        RegistryError::Stalled { server: self.server(asked), operation: operation.to_owned(), limit: self.timeout }
    }
}

fn client(
    registry: &str,
    base: &Url,
    timeout: Duration,
    adjust: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client, RegistryError> {
    let builder = http::client(USER_AGENT, base)?.connect_timeout(CONNECT_TIMEOUT.min(timeout));
    adjust(builder).build().map_err(|source| RegistryError::Client { registry: registry.to_owned(), source })
}
