//! Getting in: challenges (RFC 9110, section 11), stored credentials, and the tokens that they buy.
//!
//! One [`Authenticator`] a registry. It keeps how the registry wants to be asked, and a token per scope until it expires or
//! is rejected; nothing outlives the run.

mod challenge;
pub(super) mod fuzzing;
mod presence;
mod scope;
mod token;

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Response, StatusCode, Url};
use tokio::sync::{Mutex, MutexGuard};

use self::challenge::Challenge;
pub(super) use self::challenge::is_bearer;
pub(super) use self::presence::Presence;
pub(super) use self::scope::{Actions, Scope};
use self::token::Token;
use super::address;
use super::error::Identity;
use super::line::Line;
use super::stall::Watch;
use crate::Error;
use crate::credentials::{self, Credentials};

/// The question whether there is a registry at all, and how it wants to be asked; for errors.
const PING: &str = "check that it is a registry";

/// Knows how one registry wants to be asked.
#[derive(Debug)]
pub(super) struct Authenticator {
    state: Mutex<State>,
    /// Held while a password is shown for the first time: of several requests only one learns that it is wrong.
    trial: Mutex<()>,
}

#[derive(Debug)]
struct State {
    way: Way,
    /// What `/v2/` said, once it was asked.
    presence: Option<Presence>,
    /// Those that were looked up, by the repository's path.
    credentials: HashMap<String, Credentials>,
    tokens: HashMap<Scope, Token>,
    /// What a challenge asked for on top, by what it refused: it counts for nothing else.
    asked: HashMap<Scope, Vec<String>>,
    /// Those that somebody took.
    accepted: Vec<Credentials>,
    /// Those that are wrong. They are not shown again: some count how often that happens, and lock an account.
    refused: Vec<Refusal>,
}

/// That nobody is known by these credentials, and how a token server said so.
#[derive(Debug)]
struct Refusal {
    credentials: Credentials,
    operation: String,
    detail: String,
}

/// How a registry wants to be asked, as far as that is known.
#[derive(Debug)]
enum Way {
    Unknown,
    /// From our own table; it has not worked yet.
    Guessed(Challenge),
    /// The registry said so.
    Told(Challenge),
    /// `/v2/` is open to everybody, which need not hold for the rest.
    Open,
}

/// One request's part in it.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) line: &'a Line,
    /// Counts what is sent.
    pub(super) requests: &'a AtomicU64,
    pub(super) scope: &'a Scope,
}

impl Authenticator {
    /// For the registry with this host.
    pub(super) fn new(registry: &str) -> Self {
        let way = Challenge::well_known(registry).map_or(Way::Unknown, Way::Guessed);
        let (credentials, tokens, asked) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (accepted, refused) = (Vec::new(), Vec::new());
        let state = State { way, presence: None, credentials, tokens, asked, accepted, refused };
        Self { state: Mutex::new(state), trial: Mutex::new(()) }
    }

    /// The header for a request, or nothing while the registry has not asked for one.
    pub(super) async fn authorization(&self, asking: Asking<'_>) -> Result<Option<HeaderValue>, Error> {
        let mut state = self.state.lock().await;
        let (challenge, is_guess) = match &state.way {
            Way::Unknown | Way::Open => return Ok(None),
            // Somebody else is trying.
            Way::Told(Challenge::Basic) if state.accepted.is_empty() => return Ok(None),
            Way::Told(challenge) => (challenge.clone(), false),
            Way::Guessed(challenge) => (challenge.clone(), true),
        };
        match state.answer(&challenge, asking).await {
            // The table may be out of date: the registry itself says how it wants to be asked.
            Err(_) if is_guess => {
                state.way = Way::Unknown;
                Ok(None)
            }
            Ok(header) if is_guess => {
                state.way = Way::Told(challenge);
                Ok(header)
            }
            header => header,
        }
    }

    /// Whether an answer may be another one for somebody who says who he is. A 401 always may, and a 403 that has a
    /// challenge; where nothing was said so far, so may "forbidden" and "not found", which some registries tell strangers.
    pub(super) fn is_in_doubt(answer: &Response, sent: Option<&HeaderValue>) -> bool {
        match answer.status() {
            StatusCode::UNAUTHORIZED => true,
            StatusCode::FORBIDDEN => sent.is_none() || answer.headers().contains_key("www-authenticate"),
            StatusCode::NOT_FOUND => sent.is_none(),
            _ => false,
        }
    }

    /// For who is about to show credentials that nobody has taken so far; to be held until [`Self::learn`] knows the answer.
    pub(super) async fn trial(&self) -> Option<MutexGuard<'_, ()>> {
        if self.state.lock().await.accepted.is_empty() { Some(self.trial.lock().await) } else { None }
    }

    /// Keeps what an answer says of the credentials that were `sent`. Tokens are judged where they are bought.
    pub(super) async fn learn(&self, scope: &Scope, sent: &HeaderValue, answer: &Response) {
        let mut state = self.state.lock().await;
        let Some(credentials) = state.credentials.get(scope.path()).cloned() else { return };
        if answer.status() != StatusCode::UNAUTHORIZED {
            state.accept(credentials);
        } else if credentials.basic_header().as_ref() == Some(sent) {
            state.refuse(Refusal { credentials, operation: String::new(), detail: String::new() });
        }
    }

    /// The header to ask again with after an answer that is in doubt, or nothing when there is none that was not `rejected`
    /// already. Where the answer does not say how the registry wants to be asked, `/v2/` does.
    pub(super) async fn renew(
        &self,
        asking: Asking<'_>,
        answer: &Response,
        rejected: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, Error> {
        let mut state = self.state.lock().await;
        // While this request waited for the lock another one may have got a token for the same scope.
        let is_new = |token: &&Token| Some(&token.header) != rejected && token.is_fresh();
        if let Some(token) = state.tokens.get(asking.scope).filter(is_new) {
            return Ok(Some(token.header.clone()));
        }
        state.tokens.remove(asking.scope);
        if let Some(challenge) = Challenge::from_headers(answer.headers(), asking.line.base()) {
            state.asked.insert(asking.scope.clone(), challenge.scopes().to_vec());
            state.way = Way::Told(challenge);
        } else if matches!(state.way, Way::Unknown | Way::Guessed(_)) {
            state.ping(asking, None).await?;
        }
        let header = match &state.way {
            Way::Told(challenge) => {
                let challenge = challenge.clone();
                state.answer(&challenge, asking).await?
            }
            _ if answer.status() == StatusCode::NOT_FOUND => None,
            // Refused and not told how to ask: Basic needs nothing from a registry, as go-containerregistry has it.
            _ => state.answer(&Challenge::Basic, asking).await?,
        };
        Ok(header.filter(|header| Some(header) != rejected))
    }

    /// Whether there is a registry. A server that asks for a token by its scope is one, every other is asked for `/v2/`.
    pub(super) async fn presence(&self, asking: Asking<'_>) -> Result<Presence, Error> {
        let mut state = self.state.lock().await;
        if let Some(presence) = &state.presence {
            return Ok(presence.clone());
        }
        let header = match &state.way {
            Way::Told(Challenge::Bearer { .. }) => return Ok(Presence::Registry),
            Way::Told(challenge) => {
                let challenge = challenge.clone();
                state.answer(&challenge, asking).await?
            }
            Way::Unknown | Way::Guessed(_) | Way::Open => None,
        };
        state.ping(asking, header).await
    }

    /// Who the registry was told that we are, for errors.
    pub(super) async fn identity(&self, scope: &Scope) -> Identity {
        let state = self.state.lock().await;
        match (&state.way, state.credentials.get(scope.path())) {
            (_, Some(token @ Credentials::RegistryToken(_))) => Identity::Told(token.describe()),
            (Way::Told(Challenge::Other(asked)), _) => Identity::Unspoken(asked.clone()),
            (_, Some(credentials)) => Identity::Told(credentials.describe()),
            (_, None) => Identity::Untold,
        }
    }
}

impl State {
    /// The header that answers a challenge, where there is one.
    async fn answer(&mut self, challenge: &Challenge, asking: Asking<'_>) -> Result<Option<HeaderValue>, Error> {
        if challenge.is_unspoken() {
            return Ok(None);
        }
        let credentials = match self.credentials.get(asking.scope.path()) {
            Some(credentials) => credentials.clone(),
            None => find_credentials(asking).await?,
        };
        self.credentials.insert(asking.scope.path().to_owned(), credentials.clone());
        if let Credentials::RegistryToken(token) = &credentials {
            return Ok(token.bearer_header());
        }
        let refusal = self.refused.iter().find(|refusal| refusal.credentials == credentials);
        let (realm, service) = match challenge {
            Challenge::Bearer { realm, service, .. } => (realm, service),
            Challenge::Basic => return Ok(credentials.basic_header().filter(|_| refusal.is_none())),
            Challenge::Other(_) => return Ok(None),
        };
        if let Some(token) = self.tokens.get(asking.scope).filter(|token| token.is_fresh()) {
            return Ok(Some(token.header.clone()));
        }
        if let Some(Refusal { operation, detail, .. }) = refusal {
            let registry = asking.line.registry().to_owned();
            let (identity, status) = (Identity::Told(credentials.describe()), StatusCode::UNAUTHORIZED);
            let (operation, detail) = (operation.clone(), detail.clone());
            return Err(Error::Denied { registry, operation, status, identity, detail });
        }
        let scopes = asking.scope.with(self.asked.get(asking.scope).map_or(&[], Vec::as_slice));
        let service = service.as_deref();
        let bought = buy(asking, &Purchase { realm, service, scopes: &scopes, credentials: &credentials }).await;
        let token = bought.inspect_err(|error| {
            if let Error::Denied { status: StatusCode::UNAUTHORIZED, operation, detail, .. } = error {
                let (operation, detail) = (operation.clone(), detail.clone());
                self.refuse(Refusal { credentials: credentials.clone(), operation, detail });
            }
        })?;
        self.accept(credentials);
        let header = token.header.clone();
        self.tokens.insert(asking.scope.clone(), token);
        Ok(Some(header))
    }

    fn accept(&mut self, credentials: Credentials) {
        if !self.accepted.contains(&credentials) {
            self.accepted.push(credentials);
        }
    }

    /// What was taken before is not wrong, whatever else it may not do.
    fn refuse(&mut self, refusal: Refusal) {
        if !self.accepted.contains(&refusal.credentials) && refusal.credentials != Credentials::Anonymous {
            self.refused.push(refusal);
        }
    }

    /// Asks `/v2/` (distribution-spec, "Determining Support"), and keeps what it says.
    async fn ping(&mut self, asking: Asking<'_>, header: Option<HeaderValue>) -> Result<Presence, Error> {
        let Asking { line, requests, .. } = asking;
        let mut request = line.client().get(line.base().clone());
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let response = line.send(request, Watch::answer(line.timeout()), PING, requests).await?;
        if http_client::is_temporary(response.status()) {
            return Err(line.status_error(response, PING).await);
        }
        if line.is_own(response.url()) && !matches!(self.way, Way::Told(_)) {
            self.way = Challenge::from_headers(response.headers(), line.base()).map_or(Way::Open, Way::Told);
        }
        let presence = Presence::of(response, line, PING).await?;
        self.presence = Some(presence.clone());
        Ok(presence)
    }
}

async fn find_credentials(asking: Asking<'_>) -> Result<Credentials, Error> {
    let registry = asking.line.registry();
    let found = credentials::find(registry, asking.scope.path()).await;
    found.map_err(|source| Error::Credentials { registry: registry.to_owned(), source: Box::new(source) })
}

/// What a token is to be had for, and where.
struct Purchase<'a> {
    realm: &'a Url,
    service: Option<&'a str>,
    scopes: &'a [&'a str],
    credentials: &'a Credentials,
}

async fn buy(asking: Asking<'_>, purchase: &Purchase<'_>) -> Result<Token, Error> {
    let Asking { line, requests, .. } = asking;
    let Purchase { realm, service, scopes, credentials } = purchase;
    let registry = || line.registry().to_owned();
    if !http_client::is_allowed(realm) {
        return Err(Error::Insecure { registry: registry(), url: address::for_errors(realm) });
    }
    let operation = format!("get a token from `{}`", address::for_errors(realm));
    let request = token::request(line.client(), realm, *service, scopes, credentials);
    let mut response = line.send(request, Watch::answer(line.timeout()), &operation, requests).await?;
    let is_unknown = matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
    if let Credentials::IdentityToken(token) = credentials
        && is_unknown
    {
        // A server that knows no OAuth takes the token for a password, as containerd has it.
        let password = Credentials::Password { user: String::new(), password: token.clone() };
        let request = token::request(line.client(), realm, *service, scopes, &password);
        response = line.send(request, Watch::answer(line.timeout()), &operation, requests).await?;
    }
    let status = response.status();
    if matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        let (identity, detail) = (Identity::Told(credentials.describe()), line.detail(response).await);
        return Err(Error::Denied { registry: registry(), operation, status, identity, detail });
    }
    if !status.is_success() {
        return Err(line.status_error(response, &operation).await);
    }
    let token = token::read(&line.read(response, &operation).await?);
    token.ok_or_else(|| Error::NoToken { registry: registry(), realm: address::for_errors(realm) })
}
