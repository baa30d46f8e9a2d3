//! Authentication with a registry: challenges (RFC 9110, section 11), stored credentials, and tokens (distribution's token
//! specification).
//!
//! There is one [`Authenticator`] per registry. It remembers what the registry requires, and a token per scope until it
//! expires or is rejected. Nothing is kept after the run.

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
use crate::Error;
use crate::credentials::{self, Credentials};
use crate::error::Identity;
use crate::transport::address;
use crate::transport::connection::Connection;
use crate::transport::stall::Watch;

/// The operation of a request for `/v2/`, for errors.
const PING: &str = "check that it is a registry";

/// Authentication with one registry: which scheme it requires, and the tokens and credentials for it.
#[derive(Debug)]
pub(super) struct Authenticator {
    state: Mutex<State>,
    /// Held while credentials are sent for the first time, so that only one of several requests is refused for them.
    trial: Mutex<()>,
}

#[derive(Debug)]
struct State {
    requirement: Requirement,
    /// What `/v2/` said, once it was asked.
    presence: Option<Presence>,
    /// Credentials that were looked up, by the repository's path.
    credentials: HashMap<String, Credentials>,
    tokens: HashMap<Scope, Token>,
    /// Additional scopes that a challenge asked for, by the scope of the request that it refused.
    asked: HashMap<Scope, Vec<String>>,
    /// Credentials that were accepted.
    accepted: Vec<Credentials>,
    /// Credentials that were refused. They are not sent again: some registries lock an account after several attempts.
    refused: Vec<Refusal>,
}

/// Credentials that were refused, and the words of the token server.
#[derive(Debug)]
struct Refusal {
    credentials: Credentials,
    operation: String,
    detail: String,
}

/// What a registry requires, as far as that is known.
#[derive(Debug)]
enum Requirement {
    Unknown,
    /// From [`Challenge::well_known`]; it has not been used yet.
    Assumed(Challenge),
    /// By a challenge of the registry.
    Stated(Challenge),
    /// `/v2/` needs no authorization. Other paths may need it.
    None,
}

/// What one request needs from [`Authenticator`].
#[derive(Clone, Copy)]
pub(super) struct AuthContext<'a> {
    pub(super) connection: &'a Connection,
    /// Counts what is sent.
    pub(super) requests: &'a AtomicU64,
    pub(super) scope: &'a Scope,
}

impl Authenticator {
    /// For the registry with this host.
    pub(super) fn new(registry: &str) -> Self {
        let requirement = Challenge::well_known(registry).map_or(Requirement::Unknown, Requirement::Assumed);
        let (credentials, tokens, asked) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (accepted, refused) = (Vec::new(), Vec::new());
        let state = State { requirement, presence: None, credentials, tokens, asked, accepted, refused };
        Self { state: Mutex::new(state), trial: Mutex::new(()) }
    }

    /// The `Authorization` header for a request, or nothing while the registry has not asked for one.
    pub(super) async fn authorization(&self, context: AuthContext<'_>) -> Result<Option<HeaderValue>, Error> {
        let mut state = self.state.lock().await;
        let (challenge, is_guess) = match &state.requirement {
            Requirement::Unknown | Requirement::None => return Ok(None),
            // Another request is trying the credentials.
            Requirement::Stated(Challenge::Basic) if state.accepted.is_empty() => return Ok(None),
            Requirement::Stated(challenge) => (challenge.clone(), false),
            Requirement::Assumed(challenge) => (challenge.clone(), true),
        };
        match state.answer(&challenge, context).await {
            // The table may be out of date: the registry's own challenge is used then.
            Err(_) if is_guess => {
                state.requirement = Requirement::Unknown;
                Ok(None)
            }
            Ok(header) if is_guess => {
                state.requirement = Requirement::Stated(challenge);
                Ok(header)
            }
            header => header,
        }
    }

    /// Whether a request may succeed with (other) credentials: after a 401, and after a 403 with a challenge. Without
    /// credentials also after any 403 and a 404, which some registries answer to anonymous requests.
    pub(super) fn is_in_doubt(answer: &Response, sent: Option<&HeaderValue>) -> bool {
        match answer.status() {
            StatusCode::UNAUTHORIZED => true,
            StatusCode::FORBIDDEN => sent.is_none() || answer.headers().contains_key("www-authenticate"),
            StatusCode::NOT_FOUND => sent.is_none(),
            _ => false,
        }
    }

    /// A lock for the first request with credentials, to be held until [`Self::learn`] has its answer.
    pub(super) async fn trial(&self) -> Option<MutexGuard<'_, ()>> {
        if self.state.lock().await.accepted.is_empty() { Some(self.trial.lock().await) } else { None }
    }

    /// Records whether the credentials that were `sent` were accepted. For tokens, [`fetch_token`] does that.
    pub(super) async fn learn(&self, scope: &Scope, sent: &HeaderValue, answer: &Response) {
        let mut state = self.state.lock().await;
        let Some(credentials) = state.credentials.get(scope.path()).cloned() else { return };
        if answer.status() != StatusCode::UNAUTHORIZED {
            state.accept(credentials);
        } else if credentials.basic_header().as_ref() == Some(sent) {
            state.refuse(Refusal { credentials, operation: String::new(), detail: String::new() });
        }
    }

    /// The header for another attempt after [`Self::is_in_doubt`], or nothing when there is none but the `rejected` one. Where
    /// the answer has no challenge, `/v2/` is asked for one.
    pub(super) async fn renew(
        &self,
        context: AuthContext<'_>,
        answer: &Response,
        rejected: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, Error> {
        let mut state = self.state.lock().await;
        // While this request waited for the lock another one may have got a token for the same scope.
        let is_new = |token: &&Token| Some(&token.header) != rejected && token.is_fresh();
        if let Some(token) = state.tokens.get(context.scope).filter(is_new) {
            return Ok(Some(token.header.clone()));
        }
        state.tokens.remove(context.scope);
        if let Some(challenge) = Challenge::from_headers(answer.headers(), context.connection.base()) {
            state.asked.insert(context.scope.clone(), challenge.scopes().to_vec());
            state.requirement = Requirement::Stated(challenge);
        } else if matches!(state.requirement, Requirement::Unknown | Requirement::Assumed(_)) {
            state.ping(context, None).await?;
        }
        let header = match &state.requirement {
            Requirement::Stated(challenge) => {
                let challenge = challenge.clone();
                state.answer(&challenge, context).await?
            }
            _ if answer.status() == StatusCode::NOT_FOUND => None,
            // Refused without a challenge: Basic needs none, as in go-containerregistry.
            _ => state.answer(&Challenge::Basic, context).await?,
        };
        Ok(header.filter(|header| Some(header) != rejected))
    }

    /// Whether there is a registry. A server with a Bearer challenge is one; every other is asked for `/v2/`.
    pub(super) async fn presence(&self, context: AuthContext<'_>) -> Result<Presence, Error> {
        let mut state = self.state.lock().await;
        if let Some(presence) = &state.presence {
            return Ok(presence.clone());
        }
        let header = match &state.requirement {
            Requirement::Stated(Challenge::Bearer { .. }) => return Ok(Presence::Registry),
            Requirement::Stated(challenge) => {
                let challenge = challenge.clone();
                state.answer(&challenge, context).await?
            }
            Requirement::Unknown | Requirement::Assumed(_) | Requirement::None => None,
        };
        state.ping(context, header).await
    }

    /// Which credentials were sent, for errors.
    pub(super) async fn identity(&self, scope: &Scope) -> Identity {
        let state = self.state.lock().await;
        match (&state.requirement, state.credentials.get(scope.path())) {
            (_, Some(token @ Credentials::RegistryToken(_))) => Identity::Told(token.describe()),
            (Requirement::Stated(Challenge::Other(asked)), _) => Identity::Unspoken(asked.clone()),
            (_, Some(credentials)) => Identity::Told(credentials.describe()),
            (_, None) => Identity::Untold,
        }
    }
}

impl State {
    /// The header that answers a challenge, where there is one.
    async fn answer(&mut self, challenge: &Challenge, context: AuthContext<'_>) -> Result<Option<HeaderValue>, Error> {
        if challenge.is_unsupported() {
            return Ok(None);
        }
        let credentials = match self.credentials.get(context.scope.path()) {
            Some(credentials) => credentials.clone(),
            None => find_credentials(context).await?,
        };
        self.credentials.insert(context.scope.path().to_owned(), credentials.clone());
        if let Credentials::RegistryToken(token) = &credentials {
            return Ok(token.bearer_header());
        }
        let refusal = self.refused.iter().find(|refusal| refusal.credentials == credentials);
        let (realm, service) = match challenge {
            Challenge::Bearer { realm, service, .. } => (realm, service),
            Challenge::Basic => return Ok(credentials.basic_header().filter(|_| refusal.is_none())),
            Challenge::Other(_) => return Ok(None),
        };
        if let Some(token) = self.tokens.get(context.scope).filter(|token| token.is_fresh()) {
            return Ok(Some(token.header.clone()));
        }
        if let Some(Refusal { operation, detail, .. }) = refusal {
            let registry = context.connection.registry().to_owned();
            let (identity, status) = (Identity::Told(credentials.describe()), StatusCode::UNAUTHORIZED);
            let (operation, detail) = (operation.clone(), detail.clone());
            return Err(Error::Denied { registry, operation, status, identity, detail });
        }
        let scopes = context.scope.with(self.asked.get(context.scope).map_or(&[], Vec::as_slice));
        let service = service.as_deref();
        let fetched =
            fetch_token(context, &TokenRequest { realm, service, scopes: &scopes, credentials: &credentials }).await;
        let token = fetched.inspect_err(|error| {
            if let Error::Denied { status: StatusCode::UNAUTHORIZED, operation, detail, .. } = error {
                let (operation, detail) = (operation.clone(), detail.clone());
                self.refuse(Refusal { credentials: credentials.clone(), operation, detail });
            }
        })?;
        self.accept(credentials);
        let header = token.header.clone();
        self.tokens.insert(context.scope.clone(), token);
        Ok(Some(header))
    }

    fn accept(&mut self, credentials: Credentials) {
        if !self.accepted.contains(&credentials) {
            self.accepted.push(credentials);
        }
    }

    /// Credentials that were accepted before are valid, even where they do not allow this request.
    fn refuse(&mut self, refusal: Refusal) {
        if !self.accepted.contains(&refusal.credentials) && refusal.credentials != Credentials::Anonymous {
            self.refused.push(refusal);
        }
    }

    /// Asks `/v2/` (distribution-spec, "Determining Support"), and keeps what it says.
    async fn ping(&mut self, context: AuthContext<'_>, header: Option<HeaderValue>) -> Result<Presence, Error> {
        let AuthContext { connection, requests, .. } = context;
        let mut request = connection.client().get(connection.base().clone());
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let response = connection.send(request, Watch::answer(connection.timeout()), PING, requests).await?;
        if http_client::is_temporary(response.status()) {
            return Err(connection.status_error(response, PING).await);
        }
        if connection.is_own(response.url()) && !matches!(self.requirement, Requirement::Stated(_)) {
            self.requirement = Challenge::from_headers(response.headers(), connection.base())
                .map_or(Requirement::None, Requirement::Stated);
        }
        let presence = Presence::of(response, connection, PING).await?;
        self.presence = Some(presence.clone());
        Ok(presence)
    }
}

async fn find_credentials(context: AuthContext<'_>) -> Result<Credentials, Error> {
    let registry = context.connection.registry();
    let found = credentials::find(registry, context.scope.path()).await;
    found.map_err(|source| Error::Credentials { registry: registry.to_owned(), source: Box::new(source) })
}

/// Which token is needed, and where it is fetched.
struct TokenRequest<'a> {
    realm: &'a Url,
    service: Option<&'a str>,
    scopes: &'a [&'a str],
    credentials: &'a Credentials,
}

async fn fetch_token(context: AuthContext<'_>, request_for: &TokenRequest<'_>) -> Result<Token, Error> {
    let AuthContext { connection, requests, .. } = context;
    let TokenRequest { realm, service, scopes, credentials } = request_for;
    let registry = || connection.registry().to_owned();
    if !http_client::is_allowed(realm) {
        return Err(Error::Insecure { registry: registry(), url: address::for_errors(realm) });
    }
    let operation = format!("get a token from `{}`", address::for_errors(realm));
    let request = token::request(connection.client(), realm, *service, scopes, credentials);
    let mut response = connection.send(request, Watch::answer(connection.timeout()), &operation, requests).await?;
    let is_unknown = matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
    if let Credentials::IdentityToken(token) = credentials
        && is_unknown
    {
        // Without OAuth the token is sent as a password, as containerd does.
        let password = Credentials::Password { user: String::new(), password: token.clone() };
        let request = token::request(connection.client(), realm, *service, scopes, &password);
        response = connection.send(request, Watch::answer(connection.timeout()), &operation, requests).await?;
    }
    let status = response.status();
    if matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        let (identity, detail) = (Identity::Told(credentials.describe()), connection.detail(response).await);
        return Err(Error::Denied { registry: registry(), operation, status, identity, detail });
    }
    if !status.is_success() {
        return Err(connection.status_error(response, &operation).await);
    }
    let token = token::read(&connection.read(response, &operation).await?);
    token.ok_or_else(|| Error::NoToken { registry: registry(), realm: address::for_errors(realm) })
}
