//! Speaking to one registry: connections, authorization, and trying again. Knows requests and answers, not their meaning.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::Deserialize;
use terminal::progress::Progress;

use super::address;
use super::auth::{Authenticator, Scope};
use super::error::{Again, RegistryError};
use super::holders::Holders;
use super::payload::Payload;
use super::retry::{self, RetryPolicy};
use super::stall::{self, BodyError};
use crate::certificates;
use crate::layout::JSON_LIMIT;
use crate::reference::{Repository, Scheme};

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of an error's text is shown, in characters.
const DETAIL_LIMIT: usize = 300;

/// One registry: its connections, its tokens and what it holds, shared by all repositories in it.
#[derive(Debug)]
pub(super) struct Registry {
    name: String,
    base: Url,
    http: Client,
    auth: Authenticator,
    holders: Holders,
}

impl Registry {
    /// The registry that `repository` is in. Nothing is sent.
    pub(super) fn new(repository: &Repository, policy: &RetryPolicy) -> Result<Self, RegistryError> {
        certificates::install_provider();
        let name = repository.host().to_owned();
        let base = address::api_base(repository).ok_or_else(|| RegistryError::NotARegistry {
            registry: name.clone(),
            reason: "its name makes no URL".to_owned(),
        })?;
        let is_https = repository.scheme() == Scheme::Https;
        // `https_only` also holds for redirects: a token never travels in the clear.
        let mut builder = Client::builder()
            .user_agent(concat!("image/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(policy.timeout))
            .https_only(is_https);
        if is_https {
            builder = builder.tls_certs_merge(certificates::additional()?);
        }
        if repository.is_loopback() {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|source| RegistryError::Client { registry: name.clone(), source })?;
        let auth = Authenticator::new(&name, http.clone(), policy.timeout);
        Ok(Self { auth, name, base, http, holders: Holders::default() })
    }

    /// What its repositories have.
    pub(super) fn holders(&self) -> &Holders {
        &self.holders
    }
}

/// One run's conversation with a registry about one repository.
pub(super) struct Session<'a> {
    registry: &'a Registry,
    service: &'a str,
    scope: Scope,
    policy: RetryPolicy,
    progress: &'a dyn Progress,
    requests: AtomicU64,
}

/// A request that can be made again.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
    /// What a token for it has to allow, where that is more than for all other requests.
    pub(super) scope: Option<Scope>,
    /// What it is for, such as `read tag v1.0.0`; for errors.
    pub(super) operation: &'a str,
}

impl<'a> Call<'a> {
    /// A request without a body.
    pub(super) fn new(method: Method, url: Url, operation: &'a str) -> Self {
        Self { method, url, headers: HeaderMap::new(), payload: Payload::Empty, scope: None, operation }
    }
}

impl<'a> Session<'a> {
    pub(super) fn new(
        registry: &'a Registry,
        service: &'a str,
        scope: Scope,
        policy: RetryPolicy,
        progress: &'a dyn Progress,
    ) -> Self {
        Self { registry, service, scope, policy, progress, requests: AtomicU64::new(0) }
    }

    /// The registry's host.
    pub(super) fn registry_name(&self) -> &str {
        &self.registry.name
    }

    /// `https://ghcr.io/v2/`.
    pub(super) fn base(&self) -> &Url {
        &self.registry.base
    }

    /// How many requests were sent, tokens and retries included.
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Sends a request until it is answered for good. An answer other than `expected` is an error.
    pub(super) async fn expect(&self, call: &Call<'_>, expected: &[StatusCode]) -> Result<Response, RegistryError> {
        self.retrying(async || self.expect_once(call, expected).await).await
    }

    /// Makes an attempt until it succeeds, fails for good, or the policy is used up.
    pub(super) async fn retrying<T>(
        &self,
        attempt: impl AsyncFn() -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let mut retries = self.policy.start();
        let mut count = 1;
        loop {
            let error = match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let delay = match error.again() {
                Again::Never => None,
                Again::After(wish) => retries.next_delay(wish),
                Again::Briefly => retries.next_brief_delay(),
            };
            let Some(delay) = delay else { return Err(error) };
            count += 1;
            self.progress.note(&format!(
                "{}: {error}; attempt {count} of up to {} in {:.1} s",
                self.service,
                self.policy.attempts,
                delay.as_secs_f32()
            ));
            tokio::time::sleep(delay).await;
        }
    }

    /// One attempt, as a part of something larger that is tried again as a whole.
    pub(super) async fn expect_once(
        &self,
        call: &Call<'_>,
        expected: &[StatusCode],
    ) -> Result<Response, RegistryError> {
        let response = self.send_once(call).await?;
        if expected.contains(&response.status()) { Ok(response) } else { Err(self.status_error(call, response).await) }
    }

    /// Sends without any authorization, for the question whether there is a registry at all.
    pub(super) async fn send_bare(&self, call: &Call<'_>) -> Result<Response, RegistryError> {
        self.retrying(async || {
            let response = self.dispatch(call, None).await?;
            if retry::is_temporary(response.status()) {
                return Err(self.status_error(call, response).await);
            }
            Ok(response)
        })
        .await
    }

    async fn send_once(&self, call: &Call<'_>) -> Result<Response, RegistryError> {
        let auth = &self.registry.auth;
        // An upload's location may be another host, which has no business with our token.
        let is_ours = call.url.origin() == self.registry.base.origin();
        let scope = call.scope.as_ref().unwrap_or(&self.scope);
        let header = if is_ours { auth.authorization(scope, &self.requests).await? } else { None };
        let mut response = self.dispatch(call, header.as_ref()).await?;
        if response.status() == StatusCode::UNAUTHORIZED && is_ours {
            let renewed = auth.renew(scope, response.headers(), header.as_ref(), &self.requests).await?;
            if let Some(renewed) = renewed {
                response = self.dispatch(call, Some(&renewed)).await?;
            }
        }
        match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(RegistryError::Denied {
                registry: self.registry.name.clone(),
                operation: call.operation.to_owned(),
                status: response.status(),
                credentials: auth.describe(scope).await,
                detail: self.detail_of(response).await,
            }),
            status if retry::is_temporary(status) => Err(self.status_error(call, response).await),
            _ => Ok(response),
        }
    }

    async fn dispatch(&self, call: &Call<'_>, header: Option<&HeaderValue>) -> Result<Response, RegistryError> {
        let (body, watch) = call.payload.start(self.policy.timeout);
        let mut request =
            self.registry.http.request(call.method.clone(), call.url.clone()).headers(call.headers.clone()).body(body);
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        match watch.wait(request.send()).await {
            Ok(answer) => answer.map_err(|source| self.transport_error(call.operation, source)),
            Err(stall::Stalled) => Err(self.stalled_error(call.operation)),
        }
    }

    /// The body of an answer that is JSON, as far as its length can say that.
    pub(super) async fn read_json(&self, response: Response, operation: &str) -> Result<Vec<u8>, RegistryError> {
        stall::read_body(response, JSON_LIMIT, self.policy.timeout).await.map_err(|error| match error {
            BodyError::Stalled => self.stalled_error(operation),
            BodyError::Transport(source) => self.transport_error(operation, source),
            BodyError::TooLong => RegistryError::NotARegistry {
                registry: self.registry.name.clone(),
                reason: format!("its answer has more than {JSON_LIMIT} bytes (to {operation})"),
            },
        })
    }

    fn transport_error(&self, operation: &str, source: reqwest::Error) -> RegistryError {
        // URLs of uploads and redirects carry signatures, so none is part of an error.
        let (registry, operation) = (self.registry.name.clone(), operation.to_owned());
        RegistryError::Transport { registry, operation, source: source.without_url() }
    }

    fn stalled_error(&self, operation: &str) -> RegistryError {
        let (registry, operation) = (self.registry.name.clone(), operation.to_owned());
        RegistryError::Stalled { registry, operation, limit: self.policy.timeout }
    }

    async fn status_error(&self, call: &Call<'_>, response: Response) -> RegistryError {
        RegistryError::Status {
            registry: self.registry.name.clone(),
            operation: call.operation.to_owned(),
            status: response.status(),
            retry_after: retry::retry_after(response.headers(), SystemTime::now()),
            detail: self.detail_of(response).await,
        }
    }

    /// The registry's words; an error whose text does not arrive is still that error.
    async fn detail_of(&self, response: Response) -> String {
        let body = stall::read_body(response, JSON_LIMIT, self.policy.timeout).await;
        body.map(|body| error_detail(&body)).unwrap_or_default()
    }
}

/// Whether an answer is a page for people, which no registry's API sends.
pub(super) fn is_page(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.to_ascii_lowercase().starts_with("text/html")
}

/// The errors that a registry sends (distribution-spec, "Error Codes").
#[derive(Deserialize)]
struct ErrorBody {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// A registry's own words on an error with `: ` in front; nothing when the body is not its error format.
pub(super) fn error_detail(body: &[u8]) -> String {
    let Ok(parsed) = serde_json::from_slice::<ErrorBody>(body) else { return String::new() };
    let entries = parsed.errors.iter().map(|entry| match (entry.code.as_str(), entry.message.as_str()) {
        (code, "") => code.to_owned(),
        ("", message) => message.to_owned(),
        (code, message) => format!("{code}: {message}"),
    });
    let text = entries.collect::<Vec<_>>().join("; ");
    let printable = text.chars().filter(|character| !character.is_control()).take(DETAIL_LIMIT);
    let text: String = printable.collect();
    if text.is_empty() { text } else { format!(": {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_bodies() {
        for (body, expected) in [
            (r#"{"errors":[{"code":"DENIED","message":"no"}]}"#, ": DENIED: no"),
            (r#"{"errors":[{"code":"A"},{"message":"b"}]}"#, ": A; b"),
            (r#"{"errors":[{"code":"A","message":"b\u001b[31m\n"}]}"#, ": A: b[31m"),
            (r#"{"errors":[]}"#, ""),
            ("<html>", ""),
        ] {
            assert_eq!(error_detail(body.as_bytes()), expected);
        }
    }

    #[test]
    fn only_html_is_a_page() {
        for (value, expected) in [
            ("text/html", true),
            ("Text/HTML; charset=utf-8", true),
            ("text/plain", false),
            ("application/json", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]);
            assert_eq!(is_page(&headers), expected, "{value}");
        }
        assert!(!is_page(&HeaderMap::new()));
    }
}
