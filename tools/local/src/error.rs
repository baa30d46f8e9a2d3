//! What can go wrong while services are run on this machine, and what to do about it.

use std::io;
use std::time::Duration;

use serde_json::Value;
use terminal::{Diagnostic, Verdict, suggestion};
use ureq::http::Method;

use crate::compose::{FILE, TOKEN, VARIABLES};

/// Every error of this crate. `verb` is what compose was asked, `message` what Docker's command line says.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no `docker`.
    #[error("cannot start `docker`")]
    NoDocker(#[source] io::Error),
    /// No daemon answers.
    #[error("no Docker daemon answers: {message}")]
    NoDaemon {
        /// What Docker says.
        message: String,
    },
    /// Docker's command line has no compose.
    #[error("`docker compose` does not work: {message}")]
    NoCompose {
        /// What Docker says.
        message: String,
    },
    /// Compose refuses its file, or fails at a question.
    #[error("`docker compose {verb}` failed: {message}")]
    Compose {
        /// What it was asked.
        verb: &'static str,
        /// What it says.
        message: String,
    },
    /// Compose has said on stderr what is wrong.
    #[error("`docker compose {verb}` failed, what it said is above")]
    ComposeTold {
        /// What it was asked.
        verb: &'static str,
    },
    /// Compose answers with something else than it is known to.
    #[error("the answer of `docker compose {verb}` cannot be read")]
    ComposeAnswer {
        /// What it was asked.
        verb: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Images are not there.
    #[error("Docker has no image {}", suggestion::listed(images.iter().map(String::as_str)))]
    NoImages {
        /// Their names.
        images: Vec<String>,
    },
    /// The services' token is not known.
    #[error("`{VARIABLES}` does not say what `{TOKEN}` is")]
    NoToken(#[source] Option<io::Error>),
    /// Somebody else listens on a port that a service needs.
    #[error("port {port} of this machine, where `{service}` would be reached, is taken")]
    PortTaken {
        /// The port.
        port: u16,
        /// Who needs it.
        service: String,
    },
    /// A service did not do what it was asked in a step of the run through all services.
    #[error("{service} did not {step}")]
    Step {
        /// Who was asked.
        service: &'static str,
        /// What was to be done.
        step: &'static str,
        /// Why it was not.
        #[source]
        source: Box<Error>,
    },
    /// A service cannot be asked.
    #[error("`{FILE}` publishes no port of it")]
    NoPort,
    /// A service does not answer.
    #[error("{method} {url} has no answer")]
    NoAnswer {
        /// How it was asked.
        method: Method,
        /// What it was asked.
        url: String,
        /// Why.
        #[source]
        source: ureq::Error,
    },
    /// A service answers with a status that is no success.
    #[error("{method} {url} answered with {status}: {body}")]
    Status {
        /// How it was asked.
        method: Method,
        /// What it was asked.
        url: String,
        /// What it answers.
        status: u16,
        /// What it says.
        body: String,
    },
    /// A service answers with something else than it should.
    #[error("it answered with {answer}, in which {wanted}")]
    Answer {
        /// What it says.
        answer: Value,
        /// What there should be.
        wanted: &'static str,
    },
    /// A service did not come to the wanted answer in time.
    #[error("not within {} seconds", patience.as_secs())]
    Late {
        /// How long it was waited for.
        patience: Duration,
        /// What was wrong the last time.
        #[source]
        last: Box<Error>,
    },
}

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoDocker(_) => "install Docker's command line, or take the airgap root: UNKEY_BAZEL=airgap make up",
            Self::NoDaemon { .. } => "start Docker, or set `DOCKER_HOST` to where one listens",
            Self::NoCompose { .. } => {
                "install Docker's compose plugin (2.20 or newer), or take the airgap root: UNKEY_BAZEL=airgap make up"
            }
            Self::NoImages { .. } => "make oci-load",
            Self::ComposeTold { verb: "up" } => {
                "`docker compose --file dev/compose.yaml logs SERVICE` tells more; `make down` removes what was started"
            }
            Self::PortTaken { port, .. } => {
                return Some(format!(
                    "stop what listens there: `ss --listening --tcp --processes 'sport = :{port}'` names it"
                ));
            }
            Self::Step { service, .. } => return Some(format!("docker compose --file {FILE} logs {service}")),
            _ => return None,
        };
        Some(hint.to_owned())
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::PortTaken { .. } | Self::Step { .. } => Verdict::Refused,
            _ => Verdict::Unknown,
        }
    }
}
