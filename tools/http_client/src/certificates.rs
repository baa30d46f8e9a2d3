//! TLS of clients: which certificates of servers are trusted, and which a client shows.

mod pinned;
mod unverified;

use std::path::Path;
use std::sync::Arc;

use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::client::WantsClientCert;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use rustls_platform_verifier::Verifier;

use self::pinned::Pinned;
use self::unverified::Unverified;
use crate::{Error, environment};

/// Where Linux distributions keep all authorities in one file: Debian and Alpine, Fedora, SUSE.
const SYSTEM_BUNDLES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
];

/// The provider of TLS's cryptography is a process-wide choice; a second call changes nothing.
pub fn install_provider() {
    let _ = provider().install_default();
}

fn provider() -> CryptoProvider {
    rustls_graviola::default_provider()
}

fn installed_provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(provider()))
}

/// Which servers a client takes for the one that it wants.
#[derive(Debug)]
pub enum Trust {
    /// Those that the system trusts.
    System,
    /// Those that these authorities vouch for, and whoever shows one of these certificates itself.
    Authorities(Vec<CertificateDer<'static>>),
    /// Every server.
    Anybody,
}

/// What judges a server's certificate.
///
/// # Errors
/// When none of the authorities can be used, or the system's cannot be read.
pub fn verifier(trust: Trust) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    let provider = installed_provider();
    Ok(match trust {
        Trust::System => Arc::new(Verifier::new(provider)?),
        Trust::Authorities(authorities) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(authorities.iter().cloned());
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
            Arc::new(Pinned::new(verifier.map_err(|error| rustls::Error::General(error.to_string()))?, authorities))
        }
        Trust::Anybody => Arc::new(Unverified::new(provider)),
    })
}

/// A client's certificate chain and its key.
pub type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// TLS for a client of hyper's, such as a daemon's.
///
/// # Errors
/// When the key is not the certificate's.
pub fn connector(
    verifier: Arc<dyn ServerCertVerifier>,
    identity: Option<Identity>,
) -> Result<HttpsConnector<HttpConnector>, rustls::Error> {
    let config = with_verifier(verifier)?;
    let config = match identity {
        Some((certificates, key)) => config.with_client_auth_cert(certificates, key)?,
        None => config.with_no_client_auth(),
    };
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    Ok(HttpsConnector::from((connector, config)))
}

fn with_verifier(
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(installed_provider()).with_safe_default_protocol_versions()?;
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier))
}

/// TLS with the certificates of the file that the environment names, if it does: authorities, and servers themselves.
///
/// On Linux the platform's verifier reads the same variable and then takes the file in the place of the system's bundle,
/// as OpenSSL does. Here it is an addition, so the system's authorities come along; elsewhere the verifier only knows the
/// system's and needs the file.
///
/// # Errors
/// When the file cannot be read or has no certificate in it that can be used.
pub fn client_config() -> Result<Option<ClientConfig>, Error> {
    let Some(path) = environment::read_path(environment::SSL_CERT_FILE) else { return Ok(None) };
    let certificates = with_system(&path, &SYSTEM_BUNDLES.map(Path::new))?;
    let config = trusting(certificates).map_err(|source| Error::Certificates { path, reason: source.to_string() })?;
    Ok(Some(config))
}

fn trusting(certificates: Vec<CertificateDer<'static>>) -> Result<ClientConfig, rustls::Error> {
    let verifier = Verifier::new_with_extra_roots(certificates.iter().cloned(), installed_provider())?;
    Ok(with_verifier(Arc::new(Pinned::new(Arc::new(verifier), certificates)))?.with_no_client_auth())
}

fn with_system(file: &Path, bundles: &[&Path]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let error = |reason: String| Error::Certificates { path: file.to_owned(), reason };
    let bytes = std::fs::read(file).map_err(|source| error(source.to_string()))?;
    let mut certificates = usable(&bytes);
    if certificates.is_empty() {
        return Err(error("there is none in it that can be used".to_owned()));
    }
    let system = bundles.iter().find_map(|bundle| std::fs::read(bundle).ok()).unwrap_or_default();
    certificates.extend(usable(&system));
    Ok(certificates)
}

/// What this program understands of a bundle. As in Go, one of another kind among them is no reason to fail.
fn usable(bundle: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(bundle)
        .filter_map(Result::ok)
        .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONSENSE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    fn authority() -> String {
        rcgen::generate_simple_self_signed(["registry.invalid".to_owned()]).unwrap().cert.pem()
    }

    #[test]
    fn the_file_adds_to_the_first_bundle_that_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("extra"), authority()).unwrap();
        let nonsense = format!("{NONSENSE}-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n");
        std::fs::write(path("system"), [authority(), nonsense, authority()].concat()).unwrap();
        let (extra, system, missing) = (path("extra"), path("system"), path("missing"));
        assert_eq!(with_system(&extra, &[&missing]).unwrap().len(), 1);
        assert_eq!(with_system(&system, &[&missing]).unwrap().len(), 2, "what cannot be read is left out");
        assert_eq!(with_system(&extra, &[&missing, &system, &extra]).unwrap().len(), 3);
    }

    #[test]
    fn a_file_without_certificates_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let [empty, broken, missing] = ["empty", "broken", "missing"].map(|name| folder.path().join(name));
        std::fs::write(&empty, "").unwrap();
        std::fs::write(&broken, NONSENSE).unwrap();
        for path in [empty, broken, missing] {
            let error = with_system(&path, &[]).unwrap_err();
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        }
    }
}
