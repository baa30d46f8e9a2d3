//! Speaking to one registry: authorization, trying again, and whose an answer is. Knows requests and answers, not their
//! meaning.

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};
use terminal::progress::Progress;

use crate::Error;
use crate::again::Again;
use crate::auth::{AuthContext, Authenticator, Presence, Scope};
use crate::push::holders::Holders;
use crate::transport::connection::Connection;
use crate::transport::payload::Payload;
use http_client::RetryPolicy;
use oci::reference::Repository;

/// One registry: its connections, its tokens and what it holds, shared by all repositories in it.
#[derive(Debug)]
pub(super) struct Registry {
    connection: Connection,
    auth: Authenticator,
    holders: Holders,
}

impl Registry {
    /// The registry that `repository` is in. Nothing is sent.
    pub(super) fn new(repository: &Repository, policy: &RetryPolicy) -> Result<Self, Error> {
        let connection = Connection::new(repository, policy)?;
        Ok(Self { connection, auth: Authenticator::new(repository.host()), holders: Holders::default() })
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
        self.registry.connection.registry()
    }

    /// `https://ghcr.io/v2/`.
    pub(super) fn base(&self) -> &Url {
        self.registry.connection.base()
    }

    /// How many requests were sent, tokens and retries included.
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Sends a request until it is answered for good. An answer other than `expected` is an error.
    pub(super) async fn expect(&self, call: &Call<'_>, expected: &[StatusCode]) -> Result<Response, Error> {
        self.retrying(async || self.expect_once(call, expected).await).await
    }

    /// Makes an attempt until it succeeds, fails for good, or the policy is used up.
    pub(super) async fn retrying<T>(&self, attempt: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
        self.retrying_at_most(self.policy.attempts, attempt).await
    }

    /// The same with a bound of its own on the attempts.
    pub(super) async fn retrying_at_most<T>(
        &self,
        attempts: usize,
        attempt: impl AsyncFn() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let policy = RetryPolicy { attempts: attempts.min(self.policy.attempts), ..self.policy };
        let mut retries = policy.start();
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
                policy.attempts,
                delay.as_secs_f32()
            ));
            tokio::time::sleep(delay).await;
        }
    }

    /// One attempt, as a part of something larger that is tried again as a whole.
    pub(super) async fn expect_once(&self, call: &Call<'_>, expected: &[StatusCode]) -> Result<Response, Error> {
        let response = self.send_once(call).await?;
        if expected.contains(&response.status()) {
            return Ok(response);
        }
        Err(self.registry.connection.status_error(response, call.operation).await)
    }

    /// Whether there is a registry at all.
    pub(super) async fn presence(&self) -> Result<Presence, Error> {
        self.retrying(async || self.registry.auth.presence(self.context(&self.scope)).await).await
    }

    /// The body of an answer that is JSON, as far as its length can say that.
    pub(super) async fn read_json(&self, response: Response, operation: &str) -> Result<Vec<u8>, Error> {
        self.registry.connection.read(response, operation).await
    }

    fn context<'b>(&'b self, scope: &'b Scope) -> AuthContext<'b> {
        AuthContext { connection: &self.registry.connection, requests: &self.requests, scope }
    }

    async fn send_once(&self, call: &Call<'_>) -> Result<Response, Error> {
        let Registry { connection, auth, .. } = self.registry;
        if !connection.is_own(&call.url) {
            // An upload's location may be another host, which has no business with our credentials.
            let response = self.dispatch(call, None).await?;
            return self.judge(call, response).await;
        }
        let context = self.context(call.scope.as_ref().unwrap_or(&self.scope));
        let header = auth.authorization(context).await?;
        let mut response = self.dispatch(call, header.as_ref()).await?;
        if connection.is_own(response.url()) && Authenticator::is_in_doubt(&response, header.as_ref()) {
            let _trial = auth.trial().await;
            let renewed = auth.renew(context, &response, header.as_ref()).await?;
            if let Some(renewed) = renewed {
                response = self.dispatch(call, Some(&renewed)).await?;
                auth.learn(context.scope, &renewed, &response).await;
            }
        }
        self.judge(call, response).await
    }

    /// An answer that means something to who asked: the registry's own that may not be otherwise soon, and a success of
    /// whoever gave it. "Not found" and "forbidden" of a host that the registry leads to say nothing about the registry.
    async fn judge(&self, call: &Call<'_>, response: Response) -> Result<Response, Error> {
        let Registry { connection, auth, .. } = self.registry;
        let status = response.status();
        let is_elsewhere = connection.server(response.url()).is_elsewhere();
        if http_client::is_temporary(status) || is_elsewhere && !status.is_success() {
            return Err(connection.status_error(response, call.operation).await);
        }
        if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Ok(response);
        }
        Err(Error::Denied {
            registry: connection.registry().to_owned(),
            operation: call.operation.to_owned(),
            status,
            identity: auth.identity(call.scope.as_ref().unwrap_or(&self.scope)).await,
            detail: connection.detail(response).await,
        })
    }

    async fn dispatch(&self, call: &Call<'_>, header: Option<&HeaderValue>) -> Result<Response, Error> {
        let connection = &self.registry.connection;
        let (body, watch) = call.payload.start(connection.timeout());
        let mut request =
            connection.client().request(call.method.clone(), call.url.clone()).headers(call.headers.clone()).body(body);
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        connection.send(request, watch, call.operation, &self.requests).await
    }
}
