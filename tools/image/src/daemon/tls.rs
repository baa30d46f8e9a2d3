//! Speaking with a daemon by TLS: which files say who is trusted and who we are, and the transport that they make.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use http_client::certificates::{self, Identity};
use http_client::environment;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::pem::PemObject;

/// What docker calls the files of a folder with certificates.
const AUTHORITY: &str = "ca.pem";
const CERTIFICATE: &str = "cert.pem";
const KEY: &str = "key.pem";

/// How a daemon is spoken to by TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tls {
    /// Has some of `ca.pem`, `cert.pem` and `key.pem`; none where the system alone says who is trusted.
    folder: Option<PathBuf>,
    trust: Trust,
}

/// Who is taken for the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// Whom the folder's authority vouches for; it has to be there.
    Authority,
    /// The same, or whom the system trusts where there is no such file.
    AuthorityOrSystem,
    Anybody,
}

impl Tls {
    /// For `DOCKER_HOST`: what docker's variables say, which is nothing where neither asks for TLS. `folder` is docker's.
    pub(super) fn of_environment(folder: Option<&Path>, read: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let trust = match (read(environment::DOCKER_TLS_VERIFY), read(environment::DOCKER_TLS)) {
            (Some(_), _) => Trust::Authority,
            (None, Some(_)) => Trust::Anybody,
            (None, None) => return None,
        };
        let named = read(environment::DOCKER_CERT_PATH).map(|path| environment::where_typed(path.as_ref()));
        Some(Self { folder: named.or_else(|| folder.map(Path::to_owned)), trust })
    }

    /// For a context with its files in `folder`.
    pub(super) fn of_context(folder: &Path, is_unverified: bool) -> Option<Self> {
        let has_files = [AUTHORITY, CERTIFICATE, KEY].iter().any(|name| folder.join(name).exists());
        let trust = if is_unverified { Trust::Anybody } else { Trust::AuthorityOrSystem };
        (has_files || is_unverified).then(|| Self { folder: Some(folder.to_owned()), trust })
    }

    /// For an address that itself says that it is TLS.
    pub(super) fn of_system() -> Self {
        Self { folder: None, trust: Trust::AuthorityOrSystem }
    }

    /// Where the certificates are.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// A client that speaks to `authority`, with `seconds` for each answer. Nothing is sent.
    pub(super) fn open(&self, authority: &str, seconds: u64) -> Result<Result<Docker, Error>, crate::Error> {
        certificates::install_provider();
        let verifier = certificates::verifier(self.trusted()?).map_err(|error| self.unusable(AUTHORITY, &error))?;
        let connector = certificates::connector(verifier, self.identity()?);
        let connector = connector.map_err(|error| self.unusable(KEY, &error))?;
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        let transport = move |request: BollardRequest| {
            let answer = client.request(request);
            async { answer.await.map_err(Error::from) }
        };
        let address = format!("https://{authority}");
        Ok(Docker::connect_with_custom_transport(transport, Some(address), seconds, API_DEFAULT_VERSION))
    }

    fn trusted(&self) -> Result<certificates::Trust, crate::Error> {
        let authority = self.file(AUTHORITY).filter(|path| self.trust == Trust::Authority || path.exists());
        Ok(match (self.trust, authority) {
            (Trust::Anybody, _) => certificates::Trust::Anybody,
            (_, Some(path)) => certificates::Trust::Authorities(pem(&path)?),
            (_, None) => certificates::Trust::System,
        })
    }

    /// Our certificate and its key, where both are there; a daemon that asks for them says so itself.
    fn identity(&self) -> Result<Option<Identity>, crate::Error> {
        let existing = |name| self.file(name).filter(|path| path.exists());
        let (Some(certificate), Some(key)) = (existing(CERTIFICATE), existing(KEY)) else { return Ok(None) };
        let key = pem(&key)?.swap_remove(0);
        Ok(Some((pem(&certificate)?, key)))
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(name))
    }

    fn unusable(&self, name: &str, error: &dyn std::fmt::Display) -> crate::Error {
        crate::Error::DaemonCertificates { path: self.file(name).unwrap_or_default(), reason: error.to_string() }
    }
}

/// What a PEM file has of this kind: at least one.
fn pem<T: PemObject>(path: &Path) -> Result<Vec<T>, crate::Error> {
    let error = |reason: String| crate::Error::DaemonCertificates { path: path.to_owned(), reason };
    let bytes = std::fs::read(path).map_err(|source| error(source.to_string()))?;
    let found = T::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|source| error(source.to_string()))?;
    if found.is_empty() { Err(error("there is none in it".to_owned())) } else { Ok(found) }
}
