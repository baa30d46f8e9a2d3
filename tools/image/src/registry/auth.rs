//! Getting in: challenges (RFC 9110, section 11), docker's stored credentials, and the tokens that they buy.
//!
//! One [`Authenticator`] a registry. It keeps a token per scope until it expires or is rejected; nothing outlives the run.

mod challenge;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use self::challenge::Challenge;
use super::error::RegistryError;
use super::stall::{self, BodyError, Stalled, Watch};
use super::{address, retry};
use crate::credentials::{self, Credentials};
use crate::layout::JSON_LIMIT;
use crate::reference::Repository;
use crate::secret::Secret;

/// What a token is good for when the registry does not say: the token specification's default.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(1);

/// No run takes longer, and a registry may name any number of seconds.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

/// A token this close to its end is not used any more.
const LIFETIME_MARGIN: Duration = Duration::from_secs(10);

/// The name that this tool gives itself where OAuth wants one.
const CLIENT_ID: &str = "image";

/// What a token has to allow: `repository:unkeyed/api:pull,push`, one entry a repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope(Vec<String>);

impl Scope {
    /// Reading and writing, or only reading, and reading from another repository.
    pub(super) fn new(repository: &Repository, actions: Actions, mount_from: Option<&Repository>) -> Self {
        let actions = match actions {
            Actions::Pull => "pull",
            Actions::PullAndPush => "pull,push",
        };
        let mut scopes = vec![format!("repository:{}:{actions}", repository.path())];
        scopes.extend(mount_from.map(|source| format!("repository:{}:pull", source.path())));
        Self(scopes)
    }

    /// The path of the repository that this is about, which stands first.
    fn path(&self) -> &str {
        self.0[0].split(':').nth(1).unwrap_or_default()
    }
}

/// What is going to be done with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actions {
    Pull,
    PullAndPush,
}

/// Knows how one registry wants to be asked.
#[derive(Debug)]
pub(super) struct Authenticator {
    registry: String,
    http: Client,
    /// The longest wait for a token.
    timeout: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    challenge: Option<Challenge>,
    /// The challenge is from our own table and has not worked yet.
    is_guess: bool,
    /// By the repository's path: podman stores some for a part of a registry.
    credentials: HashMap<String, Credentials>,
    tokens: HashMap<Scope, Token>,
}

#[derive(Debug)]
struct Token {
    header: HeaderValue,
    expires: Instant,
}

/// The token endpoint's answer. Registries use either name for the token.
#[derive(Deserialize)]
struct TokenResponse {
    token: Option<Secret>,
    access_token: Option<Secret>,
    expires_in: Option<u64>,
}

impl Authenticator {
    /// For the registry with this host.
    pub(super) fn new(registry: &str, http: Client, timeout: Duration) -> Self {
        let challenge = Challenge::well_known(registry);
        let state = State { is_guess: challenge.is_some(), challenge, ..State::default() };
        Self { registry: registry.to_owned(), http, timeout, state: Mutex::new(state) }
    }

    /// The header for a request, or nothing while the registry has not asked for one. `requests` counts what is sent.
    pub(super) async fn authorization(
        &self,
        scope: &Scope,
        requests: &AtomicU64,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        let mut state = self.state.lock().await;
        match self.header(&mut state, scope, requests).await {
            Err(_) if state.is_guess => {
                // The table may be out of date: the registry itself says how it wants to be asked.
                state.challenge = None;
                state.is_guess = false;
                Ok(None)
            }
            header => {
                state.is_guess &= header.is_err();
                header
            }
        }
    }

    /// The header to answer a 401 with, or nothing when there is none that was not `rejected` already.
    pub(super) async fn renew(
        &self,
        scope: &Scope,
        answer: &HeaderMap,
        rejected: Option<&HeaderValue>,
        requests: &AtomicU64,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        let mut state = self.state.lock().await;
        // While this request waited for the lock another one may have got a token for the same scope.
        let is_fresh = |token: &&Token| Some(&token.header) != rejected && token.expires > Instant::now();
        if let Some(token) = state.tokens.get(scope).filter(is_fresh) {
            return Ok(Some(token.header.clone()));
        }
        state.tokens.remove(scope);
        if let Some(challenge) = Challenge::from_headers(answer) {
            state.challenge = Some(challenge);
            state.is_guess = false;
        }
        let header = self.header(&mut state, scope, requests).await?;
        Ok(header.filter(|header| Some(header) != rejected))
    }

    /// How the registry's user is described in errors.
    pub(super) async fn describe(&self, scope: &Scope) -> &'static str {
        self.state.lock().await.credentials.get(scope.path()).unwrap_or(&Credentials::Anonymous).describe()
    }

    async fn header(
        &self,
        state: &mut State,
        scope: &Scope,
        requests: &AtomicU64,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        let Some(challenge) = state.challenge.clone() else { return Ok(None) };
        let credentials = match state.credentials.get(scope.path()) {
            Some(credentials) => credentials.clone(),
            None => self.find_credentials(scope).await?,
        };
        state.credentials.insert(scope.path().to_owned(), credentials.clone());
        if let Credentials::RegistryToken(token) = &credentials {
            return Ok(token.bearer_header());
        }
        let Challenge::Bearer { realm, service } = challenge else { return Ok(credentials.basic_header()) };
        if let Some(token) = state.tokens.get(scope).filter(|token| token.expires > Instant::now()) {
            return Ok(Some(token.header.clone()));
        }
        let token = self.fetch(&realm, service.as_deref(), scope, &credentials, requests).await?;
        let header = token.header.clone();
        state.tokens.insert(scope.clone(), token);
        Ok(Some(header))
    }

    async fn find_credentials(&self, scope: &Scope) -> Result<Credentials, RegistryError> {
        let found = credentials::find(&self.registry, scope.path()).await;
        found.map_err(|source| RegistryError::Credentials { registry: self.registry.clone(), source })
    }

    async fn fetch(
        &self,
        realm: &Url,
        service: Option<&str>,
        scope: &Scope,
        credentials: &Credentials,
        requests: &AtomicU64,
    ) -> Result<Token, RegistryError> {
        if !address::is_allowed(realm) {
            return Err(RegistryError::Insecure { registry: self.registry.clone(), url: address::for_errors(realm) });
        }
        let request = token_request(&self.http, realm, service, scope, credentials);
        requests.fetch_add(1, Ordering::Relaxed);
        let operation = || format!("get a token from `{}`", address::for_errors(realm));
        let failed = |error: BodyError| match error {
            BodyError::Transport(source) => RegistryError::Transport {
                registry: self.registry.clone(),
                operation: operation(),
                source: source.without_url(),
            },
            BodyError::Stalled => {
                RegistryError::Stalled { registry: self.registry.clone(), operation: operation(), limit: self.timeout }
            }
            BodyError::TooLong => RegistryError::NotARegistry {
                registry: self.registry.clone(),
                reason: format!("`{}` answered with more than a token", address::for_errors(realm)),
            },
        };
        let answer = Watch::answer(self.timeout).wait(request.send()).await;
        let answer = answer.map_err(|Stalled| BodyError::Stalled).and_then(|sent| sent.map_err(BodyError::Transport));
        let response = answer.map_err(failed)?;
        let (status, retry_after) =
            (response.status(), retry::retry_after(response.headers(), std::time::SystemTime::now()));
        let body = stall::read_body(response, JSON_LIMIT, self.timeout).await.map_err(failed)?;
        if matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            let credentials = credentials.describe();
            let (registry, detail) = (self.registry.clone(), super::client::error_detail(&body));
            return Err(RegistryError::Denied { registry, operation: operation(), status, credentials, detail });
        }
        if !status.is_success() {
            let (registry, detail) = (self.registry.clone(), super::client::error_detail(&body));
            return Err(RegistryError::Status { registry, operation: operation(), status, detail, retry_after });
        }
        read_token(&body).ok_or_else(|| RegistryError::NotARegistry {
            registry: self.registry.clone(),
            reason: format!("`{}` answered without a token", address::for_errors(realm)),
        })
    }
}

/// Credentials travel in the body or a header, never in the URL.
fn token_request(
    http: &Client,
    realm: &Url,
    service: Option<&str>,
    scope: &Scope,
    credentials: &Credentials,
) -> reqwest::RequestBuilder {
    let service = service.map(|service| ("service", service));
    if let Credentials::IdentityToken(token) = credentials {
        let joined = scope.0.join(" ");
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT_ID),
            ("refresh_token", token.expose()),
            ("scope", &joined),
        ];
        return http.post(realm.clone()).form(&fields.into_iter().chain(service).collect::<Vec<_>>());
    }
    let scopes = scope.0.iter().map(|scope| ("scope", scope.as_str()));
    let mut url = realm.clone();
    url.query_pairs_mut().extend_pairs(service.into_iter().chain(scopes));
    match credentials {
        Credentials::Password { user, password } => http.get(url).basic_auth(user, Some(password.expose())),
        Credentials::Anonymous | Credentials::IdentityToken(_) | Credentials::RegistryToken(_) => http.get(url),
    }
}

fn read_token(body: &[u8]) -> Option<Token> {
    let response: TokenResponse = serde_json::from_slice(body).ok()?;
    let header = response.token.or(response.access_token)?.bearer_header()?;
    let lifetime = response.expires_in.map_or(DEFAULT_LIFETIME, Duration::from_secs).min(LONGEST_LIFETIME);
    Some(Token { header, expires: Instant::now() + lifetime.saturating_sub(LIFETIME_MARGIN) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(mount_from: Option<&str>) -> Scope {
        let mount_from = mount_from.map(|name| name.parse().unwrap());
        Scope::new(&"ghcr.io/unkeyed/api".parse().unwrap(), Actions::PullAndPush, mount_from.as_ref())
    }

    #[test]
    fn scopes_name_every_repository_that_is_touched() {
        assert_eq!(scope(None).0, ["repository:unkeyed/api:pull,push"]);
        assert_eq!(
            scope(Some("ghcr.io/unkeyed/base")).0,
            ["repository:unkeyed/api:pull,push", "repository:unkeyed/base:pull"]
        );
    }

    #[test]
    fn token_answers() {
        assert_eq!(read_token(br#"{"token": "a"}"#).unwrap().header, "Bearer a");
        assert_eq!(read_token(br#"{"access_token": "b", "expires_in": 300}"#).unwrap().header, "Bearer b");
        let for_ever = read_token(br#"{"token": "a", "expires_in": 18446744073709551615}"#).unwrap();
        assert!(for_ever.expires > Instant::now() + Duration::from_hours(1));
        assert!(read_token(br#"{"expires_in": 300}"#).is_none());
        assert!(read_token(b"<html>").is_none());
    }

    #[test]
    fn nothing_secret_is_in_a_token_request_s_url_or_debug_text() {
        crate::certificates::install_provider();
        let http = Client::new();
        let realm = Url::parse("https://ghcr.io/token").unwrap();
        let secret = || Secret::from("hunter2".to_owned());
        for credentials in [
            Credentials::Anonymous,
            Credentials::Password { user: "octocat".to_owned(), password: secret() },
            Credentials::IdentityToken(secret()),
        ] {
            let request = token_request(&http, &realm, Some("ghcr.io"), &scope(None), &credentials);
            let text = format!("{credentials:?} {request:?}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
