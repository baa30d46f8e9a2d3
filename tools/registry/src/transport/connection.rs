//! The connections to one registry: sends a request, reads an answer, and says whose failure it was. Knows nothing of authorization
//! and nothing of what is asked.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Body, Client, Method, Request, RequestBuilder, Response, Url};

use super::{address, answer};
use crate::Error;
use crate::transport::stall::{self, BodyError, Stalled, Watch};
use http_client::RetryPolicy;
use http_client::stranger;
use http_client::transport::is_other_protocol;
use oci::layout::JSON_LIMIT;
use oci::reference::Repository;

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often one request is led on at most, as browsers and Go's client have it.
const REDIRECT_LIMIT: usize = 10;

/// What this tool calls itself.
const USER_AGENT: &str = concat!("image/", env!("CARGO_PKG_VERSION"));

/// The host that answered a request, or should have: the registry, or a host that it refers to by a redirect, a `Location` or
/// a realm. Errors of another host are reported under its own name, since they say nothing about the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responder {
    registry: Box<str>,
    elsewhere: Option<Box<str>>,
    is_plain: bool,
}

impl Responder {
    /// The registry with this host itself, by TLS.
    pub(crate) fn registry(host: &str) -> Self {
        Self { registry: host.into(), elsewhere: None, is_plain: false }
    }

    /// The same by the scheme of this URL.
    pub(crate) fn spoken_to_at(self, url: &Url) -> Self {
        Self { is_plain: url.scheme() == "http", ..self }
    }

    /// Whether it was spoken to without TLS.
    pub(crate) fn is_plain(&self) -> bool {
        self.is_plain
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

impl fmt::Display for Responder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.elsewhere {
            None => write!(formatter, "registry `{}`", self.registry),
            Some(host) => write!(formatter, "`{host}`, where registry `{}` leads,", self.registry),
        }
    }
}

/// The connections to one registry and to where it leads.
#[derive(Debug)]
pub(crate) struct Connection {
    registry: String,
    base: Url,
    client: Client,
    timeout: Duration,
}

impl Connection {
    /// To the registry that `repository` is in. Nothing is sent.
    pub(crate) fn new(repository: &Repository, policy: &RetryPolicy) -> Result<Self, Error> {
        let registry = repository.host().to_owned();
        let base = address::api_base(repository).ok_or_else(|| Error::NotARegistry {
            registry: registry.clone(),
            reason: "its name makes no URL".to_owned(),
        })?;
        let builder = http_client::client(USER_AGENT, &base)?.connect_timeout(CONNECT_TIMEOUT.min(policy.timeout));
        let client = builder.redirect(Policy::none()).build();
        let client = client.map_err(|source| Error::Client { registry: registry.clone(), source })?;
        Ok(Self { registry, base, client, timeout: policy.timeout })
    }

    /// The registry's host.
    pub(crate) fn registry(&self) -> &str {
        &self.registry
    }

    /// `https://ghcr.io/v2/`.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// An attempt in which nothing moves for this long is given up.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether a URL is the registry's: nobody else has any business with credentials for it.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// Whose a URL is.
    pub(crate) fn server(&self, url: &Url) -> Responder {
        let mut server = Responder::registry(&self.registry).spoken_to_at(url);
        if !self.is_own(url) {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            server.elsewhere = Some(format!("{}{port}", url.host_str().unwrap_or_default()).into());
        }
        server
    }

    /// Sends one request and follows where it is led; `requests` counts each. Waits for the answer's head.
    ///
    /// What is led elsewhere goes without credentials. A body, which may be one, goes to nobody else at all, and neither
    /// does one that cannot be sent twice: then the redirect is the answer.
    pub(crate) async fn send(
        &self,
        request: RequestBuilder,
        watch: Watch,
        operation: &str,
        requests: &AtomicU64,
    ) -> Result<Response, Error> {
        let (client, request) = request.build_split();
        let mut request = request.map_err(|source| self.transport(&self.base, operation, source))?;
        let (mut watch, mut left) = (watch, REDIRECT_LIMIT);
        loop {
            let (url, same) = (request.url().clone(), request.try_clone());
            requests.fetch_add(1, Ordering::Relaxed);
            let response = match watch.wait(client.execute(request)).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(source)) => return Err(self.unanswered(&url, operation, source).await),
                Err(Stalled) => return Err(self.stalled(&url, operation)),
            };
            let Some(next) = same.filter(|_| left > 0).and_then(|same| led_on(same, &response)) else {
                return Ok(response);
            };
            if !http_client::is_allowed(next.url()) {
                let url = address::for_errors(next.url());
                return Err(Error::Insecure { registry: self.registry.clone(), url });
            }
            (request, watch, left) = (next, Watch::answer(self.timeout), left - 1);
        }
    }

    /// The body of an answer that is JSON, as far as its length can say that.
    pub(crate) async fn read(&self, response: Response, operation: &str) -> Result<Vec<u8>, Error> {
        let url = response.url().clone();
        stall::read_body(response, JSON_LIMIT, self.timeout).await.map_err(|error| match error {
            BodyError::Stalled => self.stalled(&url, operation),
            BodyError::Transport(source) => self.transport(&url, operation, source),
            BodyError::TooLong => Error::NotARegistry {
                registry: self.registry.clone(),
                reason: format!("its answer has more than {JSON_LIMIT} bytes (to {operation})"),
            },
        })
    }

    /// What an answer that is an error comes to.
    pub(crate) async fn status_error(&self, response: Response, operation: &str) -> Error {
        Error::Status {
            server: self.server(response.url()),
            operation: operation.to_owned(),
            status: response.status(),
            retry_after: http_client::retry_after(response.headers(), SystemTime::now()),
            detail: self.detail(response).await,
        }
    }

    /// The server's own words on its error; one whose text does not arrive is still that error.
    pub(crate) async fn detail(&self, response: Response) -> String {
        let body = stall::read_body(response, JSON_LIMIT, self.timeout).await;
        body.map(|body| answer::detail(&body)).unwrap_or_default()
    }

    /// What a request that came to nothing comes to: who answers is told by its name where it speaks another protocol.
    async fn unanswered(&self, asked: &Url, operation: &str, source: reqwest::Error) -> Error {
        let is_direct = http_client::proxy_variable(asked).is_none();
        let host = asked.host_str().zip(asked.port_or_known_default());
        if let Some((host, port)) = host.filter(|_| is_direct && is_other_protocol(&source))
            && let Some(stranger) = stranger::greeting(&format!("{host}:{port}")).await
        {
            return Error::Stranger { server: self.server(asked), stranger };
        }
        self.transport(asked, operation, source)
    }

    /// URLs of uploads and redirects carry signatures, so that none is part of an error but its host.
    fn transport(&self, asked: &Url, operation: &str, source: reqwest::Error) -> Error {
        let (server, operation) = (self.server(asked), operation.to_owned());
        Error::Transport { server, operation, source: source.without_url() }
    }

    fn stalled(&self, asked: &Url, operation: &str) -> Error {
        Error::Stalled { server: self.server(asked), operation: operation.to_owned(), limit: self.timeout }
    }
}

/// The request that follows a redirect (RFC 9110, section 15.4), or nothing where the answer is none that can be followed.
/// `HEAD` and `GET` stay what they are; for others only 307 and 308 promise that.
fn led_on(mut request: Request, answer: &Response) -> Option<Request> {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_led = match answer.status().as_u16() {
        301..=303 => is_reading,
        307 | 308 => true,
        _ => false,
    };
    let location = answer.headers().get(LOCATION).filter(|_| is_led)?.to_str().ok()?;
    let next = address::follow(request.url(), location)?;
    if next.origin() != request.url().origin() {
        let is_empty = request.body().and_then(Body::as_bytes).is_none_or(<[u8]>::is_empty);
        if !is_empty {
            return None;
        }
        request.headers_mut().remove(AUTHORIZATION);
    }
    *request.url_mut() = next;
    Some(request)
}
