//! TLS: which servers are trusted. Made for addresses that begin with `https` alone, because it takes time.

use std::path::Path;
use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use crate::environment::{self, SSL_CERT_FILE};
use crate::error::Error;

/// What the cryptography is written for.
const NEEDED: &str = if cfg!(target_arch = "aarch64") {
    "an ARM processor with AES, SHA2 and PMULL"
} else {
    "an x86-64 processor with ADX, AES, AVX2, BMI1 and PCLMULQDQ, as those made since about 2015 are"
};

/// TLS with the authorities that browsers trust, and those of the file that the environment names.
///
/// # Errors
/// When the processor is too old, or the file cannot be used.
pub(super) fn config() -> Result<TlsConfig, Error> {
    // It would panic in the middle of the first handshake.
    if !graviola::util::is_cpu_supported() {
        return Err(Error::OldProcessor { needed: NEEDED });
    }
    let mut trusted = environment::read_path(SSL_CERT_FILE).map_or_else(|| Ok(Vec::new()), |path| of_file(&path))?;
    trusted.extend(TLS_SERVER_ROOT_CERTS.iter().map(|root| Certificate::from_der(root)));
    let roots = RootCerts::from(trusted);
    let provider = Arc::new(rustls_graviola::default_provider());
    Ok(TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build())
}

fn of_file(path: &Path) -> Result<Vec<Certificate<'static>>, Error> {
    let error = |reason: String| Error::Certificates { path: path.to_owned(), reason };
    let bytes = std::fs::read(path).map_err(|source| error(source.to_string()))?;
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&bytes) {
        if let PemItem::Certificate(certificate) = item.map_err(|source| error(source.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(error("there is none in it".to_owned()));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificates_of_a_file_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("extra.pem");
        let made = rcgen::generate_simple_self_signed(["unkey.invalid".to_owned()]).unwrap();
        std::fs::write(&file, made.cert.pem()).unwrap();
        let certificates = of_file(&file).unwrap();
        assert_eq!(certificates.iter().map(Certificate::der).collect::<Vec<_>>(), [made.cert.der().as_ref()]);
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let [empty, broken, missing] = ["empty", "broken", "missing"].map(|name| folder.path().join(name));
        std::fs::write(&empty, "").unwrap();
        std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n").unwrap();
        for path in [empty, broken, missing] {
            let error = of_file(&path).unwrap_err().to_string();
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
    }
}
