//! Speaking with a daemon by TLS: which files say who is trusted and who we are, and the transport that they make.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::verifier::Anybody;
use http_client::certificates::Pinned;
use http_client::{certificates, environment};

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

    /// Whether anybody is taken for the daemon.
    #[cfg(test)]
    pub(super) fn is_unverified(&self) -> bool {
        self.trust == Trust::Anybody
    }

    /// Where the certificates are.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// A client that speaks to `authority`, with `seconds` for each answer. Nothing is sent.
    pub(super) fn open(&self, authority: &str, seconds: u64) -> Result<Result<Docker, Error>, crate::Error> {
        certificates::install_provider();
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        let connector = HttpsConnector::from((connector, self.config()?));
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        let transport = move |request: BollardRequest| {
            let answer = client.request(request);
            async { answer.await.map_err(Error::from) }
        };
        let address = format!("https://{authority}");
        Ok(Docker::connect_with_custom_transport(transport, Some(address), seconds, API_DEFAULT_VERSION))
    }

    fn config(&self) -> Result<ClientConfig, crate::Error> {
        let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(certificates::provider()));
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| self.unusable("", &error))?;
        let builder = builder.dangerous().with_custom_certificate_verifier(self.verifier(provider)?);
        let Some((certificates, key)) = self.identity()? else { return Ok(builder.with_no_client_auth()) };
        builder.with_client_auth_cert(certificates, key).map_err(|error| self.unusable(KEY, &error))
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, crate::Error> {
        let authority = self.file(AUTHORITY).filter(|path| self.trust == Trust::Authority || path.exists());
        match (self.trust, authority) {
            (Trust::Anybody, _) => Ok(Arc::new(Anybody::new(provider))),
            (_, Some(path)) => {
                let authorities = pem::<CertificateDer>(&path)?;
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(authorities.iter().cloned());
                let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
                let verifier = verifier.map_err(|error| self.unusable(AUTHORITY, &error))?;
                Ok(Arc::new(Pinned::new(verifier, authorities)))
            }
            (_, None) => Ok(Arc::new(Verifier::new(provider).map_err(|error| self.unusable(AUTHORITY, &error))?)),
        }
    }

    /// Our certificate and its key, where both are there; a daemon that asks for them says so itself.
    fn identity(&self) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>, crate::Error> {
        let existing = |name| self.file(name).filter(|path| path.exists());
        let (Some(certificate), Some(key)) = (existing(CERTIFICATE), existing(KEY)) else { return Ok(None) };
        let key = pem::<PrivateKeyDer>(&key)?.swap_remove(0);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_ask_for_tls_as_docker_s_do() {
        let of = |variables: &[&str]| {
            let read = |name: &str| variables.contains(&name).then(|| OsString::from("/certificates"));
            Tls::of_environment(Some(Path::new("/docker")), read)
        };
        let tls = |folder: &str, trust| Some(Tls { folder: Some(folder.into()), trust });
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["DOCKER_CERT_PATH"]), None);
        assert_eq!(of(&["DOCKER_TLS_VERIFY"]), tls("/docker", Trust::Authority));
        assert_eq!(of(&["DOCKER_TLS"]), tls("/docker", Trust::Anybody));
        assert_eq!(
            of(&["DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"]),
            tls("/certificates", Trust::Authority)
        );
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let tls = Tls { folder: Some(folder.path().to_owned()), trust: Trust::Authority };
        for text in [None, Some(""), Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")] {
            if let Some(text) = text {
                std::fs::write(folder.path().join(AUTHORITY), text).unwrap();
            }
            let error = tls.open("docker:2376", 1).unwrap_err();
            let crate::Error::DaemonCertificates { path, .. } = &error else { panic!("{error:?}") };
            assert_eq!(*path, folder.path().join(AUTHORITY));
        }
    }
}
