//! Reaching a daemon: a connection, what it says of itself, and where that fails, who else answers there.

use std::error::Error as _;
use std::time::Duration;

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, Docker};

use super::endpoint::{Endpoint, Transport};
use http_client::stranger::{self, Stranger};
use oci::platform::Platform;

/// How long a daemon may take to say what it is, in seconds. One that a socket has just started needs a moment.
const GREETING_SECONDS: u64 = 20;

/// How long a daemon may take for an answer, in seconds. Loading a large image is one answer.
const ANSWER_SECONDS: u64 = 30 * 60;

/// A daemon that has answered.
#[derive(Debug)]
pub struct Daemon {
    pub(super) api: Docker,
    pub(super) platform: Platform,
    pub(super) store: Store,
}

/// How the daemon keeps images. It decides what may be left out of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Store {
    /// Docker's own: an archive's layer is not even opened when one with the same chain of diff ids is there.
    Classic,
    /// containerd's: blobs that it has need not be in the archive. It takes an archive that lacks others too, and has an
    /// image that cannot run then.
    Containerd,
    /// Podman's, or one that the daemon says nothing of: an archive has to be whole.
    Whole,
}

impl Daemon {
    /// Connects to the daemon that docker's command line would use, or else to podman's.
    ///
    /// # Errors
    /// When there is none, it does not answer, or it cannot be spoken to in the way that its address asks for.
    pub async fn connect() -> Result<Self, crate::Error> {
        let endpoint = Endpoint::find()?;
        let greeting = tokio::time::timeout(Duration::from_secs(GREETING_SECONDS), greet(&endpoint)).await;
        match greeting {
            Ok(Ok(daemon)) => Ok(daemon),
            Ok(Err(error)) => Err(explain(&endpoint, error).await),
            Err(_) => Err(crate::Error::SilentDaemon { address: endpoint.address, seconds: GREETING_SECONDS }),
        }
    }

    /// What the daemon's containers run on.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }
}

async fn greet(endpoint: &Endpoint) -> Result<Daemon, crate::Error> {
    let no_daemon = |source| crate::Error::NoDaemon { address: endpoint.address.clone(), source };
    let api = open(endpoint)?.map_err(no_daemon)?.negotiate_version().await.map_err(no_daemon)?;
    let version = api.version().await.map_err(no_daemon)?;
    let is_podman = version.components.unwrap_or_default().iter().any(|part| part.name.contains("Podman"));
    // Podman takes its time for what it says of itself, and there is nothing in it to learn.
    let store = if is_podman { Store::Whole } else { store_of_docker(&api).await };
    Ok(Daemon {
        api,
        platform: Platform {
            os: version.os.unwrap_or_default(),
            architecture: version.arch.unwrap_or_default(),
            variant: None,
        },
        store,
    })
}

/// A proxy in front of a daemon's socket may keep this question back; the answer only saves bytes.
async fn store_of_docker(api: &Docker) -> Store {
    let Ok(information) = api.info().await else { return Store::Whole };
    let status = information.driver_status.unwrap_or_default();
    let is_containerd = status.iter().flatten().any(|text| text.contains("containerd"));
    if is_containerd { Store::Containerd } else { Store::Classic }
}

fn open(endpoint: &Endpoint) -> Result<Result<Docker, Error>, crate::Error> {
    match &endpoint.transport {
        Transport::Unix { path } => {
            Ok(Docker::connect_with_socket(&path.to_string_lossy(), ANSWER_SECONDS, API_DEFAULT_VERSION))
        }
        Transport::Plain { authority } => Ok(Docker::connect_with_http(authority, ANSWER_SECONDS, API_DEFAULT_VERSION)),
        Transport::Tls { authority, tls } => tls.open(authority, ANSWER_SECONDS),
    }
}

/// Says more of a failed greeting, where the other side has shown what it is.
async fn explain(endpoint: &Endpoint, error: crate::Error) -> crate::Error {
    let crate::Error::NoDaemon { address, source } = error else { return error };
    let (authority, tls) = match &endpoint.transport {
        Transport::Unix { .. } => return crate::Error::NoDaemon { address, source },
        Transport::Plain { authority } => (authority, None),
        Transport::Tls { authority, tls } => (authority, Some(tls)),
    };
    if matches!(&source, Error::DockerResponseServerError { message, .. } if stranger::asks_for_tls(message)) {
        return crate::Error::DaemonWantsTls { address };
    }
    // What was to be protected is not asked in the clear.
    let stranger =
        if tls.is_some() { stranger::greeting(authority).await } else { stranger::answering(authority).await };
    match (stranger, tls) {
        (Some(Stranger::Tls), None) => crate::Error::DaemonWantsTls { address },
        (Some(stranger @ (Stranger::Ssh | Stranger::Mail)), _) => crate::Error::NotADaemon { address, stranger },
        (_, tls) => match (tls_error(&source), tls) {
            (Some(source), Some(tls)) => {
                crate::Error::DaemonHandshake { address, folder: tls.folder().map(Into::into), source }
            }
            _ => crate::Error::NoDaemon { address, source },
        },
    }
}

/// What TLS says, where that is what failed. An `io::Error` hides the error that it was made of.
fn tls_error(error: &Error) -> Option<rustls::Error> {
    std::iter::successors(error.source(), |&cause| {
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn std::error::Error + 'static)).or_else(|| cause.source())
    })
    .find_map(|cause| cause.downcast_ref::<rustls::Error>().cloned())
}
