//! Certificates that are trusted beside those of the platform's verifier.

mod pinned;

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::{Error, environment};

pub use pinned::Pinned;

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

/// The provider itself, for what takes one.
#[must_use]
pub fn provider() -> rustls::crypto::CryptoProvider {
    rustls_graviola::default_provider()
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
    let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(provider()));
    let verifier = Verifier::new_with_extra_roots(certificates.iter().cloned(), Arc::clone(&provider))?;
    let pinned = Pinned::new(Arc::new(verifier), certificates);
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(pinned)).with_no_client_auth())
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
