//! What can go wrong with a registry, with who we are to it, and with which service goes where. What to do about it is `hint`'s,
//! whether to try again `again`'s. No secret is in any of it: credentials are told by place and member, and what a helper
//! prints is passed on to nobody.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;
use std::{fmt, io};

use http_client::stranger::Stranger;
use oci::reference::Repository;
use oci_spec::image::Digest;
use release_tag::Version;
use reqwest::StatusCode;

use crate::credentials::Place;
use crate::transport::connection::Responder;

/// Every error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tag exists and means something else.
    #[error("`{repository}:{tag}` already exists with another digest: it is `{existing}`, this image is `{wanted}`")]
    TagTaken {
        /// Where.
        repository: Repository,
        /// Which tag.
        tag: Version,
        /// What the tag points at.
        existing: Box<Digest>,
        /// What was to be published.
        wanted: Box<Digest>,
    },
    /// No answer came.
    #[error("cannot reach {server} to {operation}")]
    Transport {
        /// Who should have given one.
        server: Responder,
        /// Such as `read tag ...`.
        operation: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// Something else answers, which speaks no HTTP.
    #[error("what answers for {server} is {stranger}")]
    Stranger {
        /// Who should have answered.
        server: Responder,
        /// Who does.
        stranger: Stranger,
    },
    /// The connection is there and nothing comes of it.
    #[error("{server} stopped answering: nothing moved for {} s (to {operation})", limit.as_secs())]
    Stalled {
        /// Who was asked.
        server: Responder,
        /// Such as `read tag ...`.
        operation: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The answer is an error.
    #[error("{server} answered `{status}` to: {operation}{detail}")]
    Status {
        /// Who answered.
        server: Responder,
        /// Such as `read tag ...`.
        operation: String,
        /// HTTP's.
        status: StatusCode,
        /// The server's own words, with `: ` in front, or empty.
        detail: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The registry does not let us.
    #[error("registry `{registry}` does not allow to {operation} ({status}{identity}){detail}")]
    Denied {
        /// Its host.
        registry: String,
        /// Such as `read tag ...`.
        operation: String,
        /// HTTP's: 401 or 403.
        status: StatusCode,
        /// Who asked.
        identity: Identity,
        /// The registry's own words, with `: ` in front, or empty.
        detail: String,
    },
    /// The server that a registry sends to for tokens gives none.
    #[error("registry `{registry}` sends to `{realm}` for a token, which answered without one")]
    NoToken {
        /// Its host.
        registry: String,
        /// Without its query.
        realm: String,
    },
    /// Something answers, but not as the distribution-spec says.
    #[error("`{registry}` does not answer like a registry: {reason}")]
    NotARegistry {
        /// Its host.
        registry: String,
        /// What is wrong.
        reason: String,
    },
    /// Credentials are configured but cannot be had.
    #[error("cannot get the credentials of registry `{registry}`")]
    Credentials {
        /// Its host.
        registry: String,
        /// What went wrong, without any secret.
        #[source]
        source: Box<Error>,
    },
    /// The registry leads to a URL that is not to be trusted with credentials or content.
    #[error("registry `{registry}` leads to `{url}`, which is neither https nor on this machine")]
    Insecure {
        /// Its host.
        registry: String,
        /// Without its query.
        url: String,
    },
    /// The HTTP client cannot be set up.
    #[error("cannot set up a client for registry `{registry}`")]
    Client {
        /// Its host.
        registry: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// What the environment says about clients cannot be used.
    #[error(transparent)]
    Setup(#[from] http_client::Error),
    /// The registry has something else than was sent.
    #[error("registry `{registry}` says that {what} is `{actual}`, it should be `{expected}`")]
    Digest {
        /// Its host.
        registry: String,
        /// Such as tag `v1.0.0`.
        what: String,
        /// What was sent.
        expected: Box<Digest>,
        /// What the registry answered.
        actual: String,
    },
    /// `--mount-from` is in another registry.
    #[error("blobs of `{repository}` cannot be mounted from `{source_repository}`: they are in different registries")]
    MountElsewhere {
        /// Where to.
        repository: Repository,
        /// Where from.
        source_repository: Repository,
    },
    /// What was written cannot be read yet.
    #[error("registry `{registry}` took tag `{tag}` and answers `404 Not Found` to who reads it")]
    NotYetThere {
        /// Its host.
        registry: String,
        /// Which tag.
        tag: Version,
    },
    /// The layout is not what it says.
    #[error(transparent)]
    Layout(#[from] oci::Error),
    /// A credentials file is there and cannot be read.
    #[error("cannot read {place}")]
    ReadConfig {
        /// The file.
        place: Place,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What should be the folder of a credentials file is a file.
    #[error("`{}` is a file, not the folder of one", path.parent().unwrap_or(path).display())]
    ConfigFolder {
        /// The file that cannot be in it.
        path: PathBuf,
    },
    /// A credentials file is not JSON.
    #[error("{place} is no configuration of docker's")]
    ConfigSyntax {
        /// Where it is.
        place: Place,
        /// Where in it: positions and what JSON wants there, nothing of the text.
        #[source]
        source: serde_json::Error,
    },
    /// A credentials file is not what a configuration is.
    #[error("{place} is no configuration of docker's: {reason}")]
    Config {
        /// Where it is.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// The registry has an entry that makes no sense.
    #[error("the entry `{key}` in {place} cannot be used: {reason}")]
    ConfigEntry {
        /// Where it is.
        place: Place,
        /// What it is filed under.
        key: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A credentials file cannot be written.
    #[error("cannot write `{path}`")]
    WriteConfig {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no folder for a credentials file.
    #[error("there is no folder for docker's `config.json`")]
    NoConfigFolder,
    /// A credential helper that is named does not help.
    #[error("{place} names a credential helper that does not work")]
    Helper {
        /// Where it is named.
        place: Place,
        /// One of the next four.
        #[source]
        source: Box<Error>,
    },
    /// A credential helper's name could be the path of any program.
    #[error("`{name}` is no helper's name: it has a `/` in it")]
    HelperName {
        /// As configured.
        name: String,
    },
    /// A credential helper cannot be started, or does not listen.
    #[error("cannot run the credential helper `{program}`")]
    HelperRun {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A credential helper says that it failed.
    #[error("the credential helper `{program}` does not {verb}: {status}")]
    HelperStatus {
        /// The program.
        program: String,
        /// What it was asked to do: `get`, `store` or `erase`.
        verb: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
    /// A credential helper answers with something else than credentials.
    #[error("the credential helper `{program}` answers with something else than credentials")]
    HelperAnswer {
        /// The program.
        program: String,
    },
    /// What was typed as a registry has no host.
    #[error("`{registry}` is no registry")]
    NoRegistry {
        /// What was typed.
        registry: String,
        /// Why.
        #[source]
        source: oci::Error,
    },
    /// Basic authentication could not tell where the user name ends.
    #[error("`{username}` is no user name: it is empty, or has a colon or a control character in it")]
    Username {
        /// What was typed.
        username: String,
    },
    /// There is no password.
    #[error("the password is empty")]
    EmptyPassword,
    /// No program takes a NUL for a part of a text.
    #[error("the password has a NUL in it")]
    PasswordWithNul,
    /// A service spec cannot be read.
    #[error("cannot read the service spec `{path}`")]
    ReadSpec {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is not a service spec.
    #[error("`{path}` is not a valid service spec")]
    Spec {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Two entries describe the same service.
    #[error("service `{service}` is described twice, the second time in `{path}`")]
    DuplicateService {
        /// Its name.
        service: String,
        /// The file with the second entry.
        path: PathBuf,
    },
    /// The service specs hold no service at all.
    #[error("the service specs name no service")]
    NoService,
    /// A service was asked for that no spec describes.
    #[error("unknown service `{service}`, known are {known}")]
    UnknownService {
        /// As typed.
        service: String,
        /// All names, with backticks and commas.
        known: String,
        /// The name that looks most like it.
        nearest: Option<String>,
    },
}

/// Who a registry was told that we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// It was not told: nothing was looked up.
    Untold,
    /// What was looked up, in words.
    Told(&'static str),
    /// It wants to be told in a way that is not spoken here: its own words.
    Unspoken(String),
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untold => Ok(()),
            Self::Told(credentials) => write!(formatter, ", {credentials}"),
            Self::Unspoken(asked) => write!(formatter, ", it asks by `{asked}`"),
        }
    }
}
