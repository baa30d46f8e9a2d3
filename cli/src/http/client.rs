//! Sends requests to one server with one key, and those again that may be sent twice. Follows no redirect: a key goes along.

use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::{Method, Request, Uri};

use super::answer::{Answer, Asked, endless, stranger};
use super::{proxy, tls};
use crate::address::{self, Address, Role};
use crate::error::Error;
use crate::session::Target;

/// How often a request is sent that may be sent twice.
const ATTEMPTS: u32 = 3;

/// How long it waits before the second time; each further time four times as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// How long a connection may take, of all the time that a request has.
const CONNECT: Duration = Duration::from_secs(10);

/// What [`health`] asks where an address has no path.
const READY: &str = "/health/ready";

/// How servers are asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long one request may take, from its start to the end of the answer.
    pub timeout: Duration,
    /// What servers are told of their caller.
    pub user_agent: String,
}

/// Asks one server with one key, over connections that are kept.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    proxy: Option<&'static str>,
    timeout: Duration,
    target: Target,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    method: Method,
    path: &'a str,
    body: Option<String>,
    idempotency_key: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// One that changes nothing.
    pub(crate) fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, body: None, idempotency_key: None }
    }

    /// One that ends something.
    pub(crate) fn delete(path: &'a str) -> Self {
        Self { method: Method::DELETE, path, body: None, idempotency_key: None }
    }

    /// One with a document, which is sent once.
    pub(crate) fn post(path: &'a str, document: &serde_json::Value) -> Self {
        Self { method: Method::POST, path, body: Some(document.to_string()), idempotency_key: None }
    }

    /// By this name the server knows it when it comes again.
    pub(crate) fn with_idempotency_key(self, key: &'a str) -> Self {
        Self { idempotency_key: Some(key), ..self }
    }

    fn may_be_sent_again(&self) -> bool {
        self.method != Method::POST || self.idempotency_key.is_some()
    }
}

impl Client {
    /// Asks nobody yet.
    ///
    /// # Errors
    /// When TLS is needed and cannot be had, or the environment names a proxy that is none.
    pub fn new(target: Target, options: &Options) -> Result<Self, Error> {
        let uri = uri_of(target.address.as_str(), target.role.name())?;
        let (agent, proxy) = agent(&uri, options)?;
        Ok(Self { agent, proxy, timeout: options.timeout, target })
    }

    /// Where it is asked.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.target.address
    }

    /// The document that comes back.
    pub(crate) fn document<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, Error> {
        let url = self.target.address.join(call.path);
        self.send(call, &url)?.document(self.asked(&url))
    }

    /// Only that it succeeds counts.
    pub(crate) fn done(&self, call: &Call<'_>) -> Result<(), Error> {
        let url = self.target.address.join(call.path);
        self.send(call, &url).map(drop)
    }

    /// An answer that is no error and does not fit what was asked.
    pub(crate) fn unfit(&self, path: &str, answer: &str) -> Error {
        stranger(self.asked(&self.target.address.join(path)), 200, answer.to_owned())
    }

    fn asked<'a>(&self, url: &'a str) -> Asked<'a> {
        Asked { url, role: self.target.role, proxy: self.proxy }
    }

    fn send(&self, call: &Call<'_>, url: &str) -> Result<Answer, Error> {
        let mut wait = FIRST_WAIT;
        for _ in 1..ATTEMPTS {
            match self.send_once(call, url) {
                // Whoever has waited once for nothing has waited long enough.
                Err(error @ Error::Timeout { .. }) => return Err(error),
                Err(error) if error.is_transient() && call.may_be_sent_again() => thread::sleep(wait),
                other => return other,
            }
            wait *= 4;
        }
        self.send_once(call, url)
    }

    fn send_once(&self, call: &Call<'_>, url: &str) -> Result<Answer, Error> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(url)
            .header("authorization", format!("Bearer {}", self.target.key.expose()));
        if let Some(key) = call.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let asked = self.asked(url);
        let failed = |error| failed(error, asked, self.timeout);
        let response = match &call.body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.as_str());
                self.agent.run(request.map_err(|error| failed(error.into()))?)
            }
            None => self.agent.run(request.body(()).map_err(|error| failed(error.into()))?),
        };
        response.and_then(Answer::read).map_err(failed)?.succeeded(asked)
    }
}

/// The status that a service answers, whose path is `/health/ready` where the address has none. No key is sent, so that this
/// may be any server.
///
/// # Errors
/// When the address is none, or nobody answers.
pub fn health(url: &str, options: &Options) -> Result<u16, Error> {
    let uri = uri_of(url, "the service")?;
    let url = if uri.path_and_query().is_none_or(|path| path.as_str() == "/") {
        format!("{}{READY}", url.trim().trim_end_matches('/'))
    } else {
        url.trim().to_owned()
    };
    let (agent, proxy) = agent(&uri, options)?;
    let asked = Asked { url: &url, role: Role::Api, proxy };
    // Its body says nothing about its health, however long it is.
    let answered = agent.get(&url).call();
    answered.map(|answer| answer.status().as_u16()).map_err(|error| failed(error, asked, options.timeout))
}

fn uri_of(url: &str, origin: &str) -> Result<Uri, Error> {
    let invalid = |reason| Error::Address { text: address::without_user(url), origin: origin.to_owned(), reason };
    address::parse(url).map_err(invalid)
}

fn agent(server: &Uri, options: &Options) -> Result<(Agent, Option<&'static str>), Error> {
    let named = proxy::of(server)?;
    let (variable, proxy) = named.map_or((None, None), |(variable, proxy)| (Some(variable), Some(proxy)));
    let speaks_tls = server.scheme_str() == Some("https");
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(proxy)
        .user_agent(&options.user_agent)
        .accept("application/json")
        .timeout_connect(Some(CONNECT.min(options.timeout)))
        .timeout_global(Some(options.timeout));
    if speaks_tls {
        config = config.tls_config(tls::config()?);
    }
    Ok((config.build().new_agent(), variable))
}

/// What a failure of the transport means to who asked.
fn failed(error: ureq::Error, asked: Asked<'_>, timeout: Duration) -> Error {
    let (url, proxy) = (asked.url.to_owned(), asked.proxy);
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect) => Error::Timeout { url, after: CONNECT.min(timeout), proxy },
        ureq::Error::Timeout(_) => Error::Timeout { url, after: timeout, proxy },
        ureq::Error::BodyExceedsLimit(_) => endless(asked),
        ureq::Error::Protocol(error) => stranger(asked, 0, format!("what is no HTTP ({error})")),
        ureq::Error::LargeResponseHeader(..) => stranger(asked, 0, "a head that goes on and on".to_owned()),
        ureq::Error::Rustls(error) => tls_failed(&error, url),
        ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error) => tls_failed(error, url),
            None => Error::Unreachable { url, proxy, source: Box::new(ureq::Error::Io(error)) },
        },
        other => Error::Unreachable { url, proxy, source: Box::new(other) },
    }
}

fn tls_failed(error: &rustls::Error, url: String) -> Error {
    let is_certificate = matches!(error, rustls::Error::InvalidCertificate(_));
    Error::Tls { url, reason: error.to_string(), is_certificate }
}
