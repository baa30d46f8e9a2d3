//! Certificate authorities that are trusted beside those of the platform's verifier.

use std::path::{Path, PathBuf};

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::environment;

/// Where Linux distributions keep all authorities in one file: Debian and Alpine, Fedora, SUSE.
const SYSTEM_BUNDLES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
];

/// The file with additional certificates cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the certificates in `{path}`: {reason}")]
pub struct CertificatesError {
    path: PathBuf,
    reason: String,
}

impl CertificatesError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        format!("`{}` must name a PEM file", environment::SSL_CERT_FILE)
    }
}

/// The provider of TLS's cryptography is a process-wide choice; a second call changes nothing.
pub fn install_provider() {
    let _ = provider().install_default();
}

/// The provider itself, for what takes one.
#[must_use]
pub fn provider() -> rustls::crypto::CryptoProvider {
    rustls_graviola::default_provider()
}

/// The authorities of the file that the environment names, if it does.
///
/// On Linux the platform's verifier reads the same variable and then takes the file in the place of the system's bundle,
/// as OpenSSL does. Here it is an addition, so the system's authorities come along; elsewhere the verifier only knows the
/// system's and needs the file.
///
/// # Errors
/// When the file cannot be read or has no certificate in it.
pub fn additional() -> Result<Vec<Certificate>, CertificatesError> {
    match environment::read_path(environment::SSL_CERT_FILE) {
        None => Ok(Vec::new()),
        Some(path) => with_system(&path, &SYSTEM_BUNDLES.map(Path::new)),
    }
}

fn with_system(file: &Path, bundles: &[&Path]) -> Result<Vec<Certificate>, CertificatesError> {
    let error = |reason: String| CertificatesError { path: file.to_owned(), reason };
    let bytes = std::fs::read(file).map_err(|source| error(source.to_string()))?;
    let mut certificates = Certificate::from_pem_bundle(&bytes).map_err(|source| error(source.to_string()))?;
    if certificates.is_empty() {
        return Err(error("there is none in it".to_owned()));
    }
    let system = bundles.iter().find_map(|bundle| std::fs::read(bundle).ok()).unwrap_or_default();
    certificates.extend(usable(&system));
    Ok(certificates)
}

/// What the system trusts and this program understands; an authority of another kind is no reason to fail.
fn usable(bundle: &[u8]) -> Vec<Certificate> {
    CertificateDer::pem_slice_iter(bundle)
        .filter_map(Result::ok)
        .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
        .filter_map(|certificate| Certificate::from_der(&certificate).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> String {
        rcgen::generate_simple_self_signed(["registry.invalid".to_owned()]).unwrap().cert.pem()
    }

    #[test]
    fn the_file_adds_to_the_first_bundle_that_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("extra"), authority()).unwrap();
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(path("system"), [authority(), nonsense.to_owned(), authority()].concat()).unwrap();
        let (extra, system, missing) = (path("extra"), path("system"), path("missing"));
        assert_eq!(with_system(&extra, &[&missing]).unwrap().len(), 1);
        assert_eq!(with_system(&extra, &[&missing, &system, &extra]).unwrap().len(), 3);
    }

    #[test]
    fn a_file_without_certificates_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty");
        std::fs::write(&path, "").unwrap();
        for path in [path, folder.path().join("missing")] {
            let error = with_system(&path, &[]).unwrap_err();
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        }
    }
}
