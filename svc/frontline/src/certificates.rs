//! The certificates of HTTPS: reads and checks their files, and finds the one for a host name. Speaks no TLS itself.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::config::CertificateFile;

/// Why the files of a certificate are refused, as a continuation of the key's name.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    /// The system's reason is a part of it: a refusal of a configuration is one line.
    #[error("names `{}`, which cannot be read: {reason}", path.display())]
    Read { path: PathBuf, reason: String },
    #[error("names `{}`, which holds no certificate in PEM", path.display())]
    NoCertificate { path: PathBuf },
    #[error("names `{}`, which holds no private key in PEM", path.display())]
    NoKey { path: PathBuf },
    #[error("names `{}`, which holds a certificate that cannot be used: {reason}", path.display())]
    Unusable { path: PathBuf, reason: String },
    #[error("names `{}`, which holds a key that cannot be used: {reason}", path.display())]
    UnusableKey { path: PathBuf, reason: String },
    #[error("names `{}`, which holds a certificate that has expired", path.display())]
    Expired { path: PathBuf },
    #[error("names `{}`, which holds a certificate that is not valid yet", path.display())]
    NotYetValid { path: PathBuf },
    #[error("names `{}`, whose certificate is for no host name", path.display())]
    NoName { path: PathBuf },
    #[error("names `{}`, which is not the key of the certificate in `{}`", key.display(), certificate.display())]
    OtherKey { certificate: PathBuf, key: PathBuf },
    #[error("names `{}`, whose host `{name}` is also in another certificate", path.display())]
    Twice { path: PathBuf, name: String },
}

/// Every certificate by each of its names in lower case; one may be `*.` and a domain.
#[derive(Debug, Default)]
pub(crate) struct Certificates {
    by_name: HashMap<String, Arc<CertifiedKey>>,
}

impl Certificates {
    /// Reads the files of one certificate, and takes it when it is valid `now`.
    pub(crate) fn add(&mut self, files: &CertificateFile, now: SystemTime) -> Result<(), CertificateError> {
        let (chain, names) = read_chain(&files.certificate, now)?;
        let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?)
            .map_err(|_| CertificateError::NoKey { path: files.key.clone() })?;
        let certified = CertifiedKey::from_der(chain, key, &rustls_graviola::default_provider());
        let certified = Arc::new(certified.map_err(|error| refusal(&error, files))?);
        for name in names {
            if self.by_name.contains_key(&name) {
                return Err(CertificateError::Twice { path: files.certificate.clone(), name });
            }
            self.by_name.insert(name, certified.clone());
        }
        Ok(())
    }

    /// The one whose certificate names the host, else the one that names all hosts beside it.
    fn find(&self, host: &str) -> Option<&Arc<CertifiedKey>> {
        let host = host.to_ascii_lowercase();
        let wildcard = || self.by_name.get(&format!("*.{}", host.split_once('.')?.1));
        self.by_name.get(&host).or_else(wildcard)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.find(hello.server_name()?).cloned()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    runtime::read_small(path)
        .map_err(|error| CertificateError::Read { path: path.to_owned(), reason: error.to_string() })
}

/// The certificates of a file, which are all valid, and the names of the first.
fn read_chain(path: &Path, now: SystemTime) -> Result<(Vec<CertificateDer<'static>>, Vec<String>), CertificateError> {
    let unusable = |reason: String| CertificateError::Unusable { path: path.to_owned(), reason };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    let chain = chain.map_err(|error| unusable(error.to_string()))?;
    let mut parsed = Vec::new();
    for der in &chain {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|error| unusable(error.to_string()))?;
        check_time(&certificate, now, path)?;
        parsed.push(certificate);
    }
    let first = parsed.first().ok_or_else(|| CertificateError::NoCertificate { path: path.to_owned() })?;
    let names = host_names(first);
    if names.is_empty() {
        return Err(CertificateError::NoName { path: path.to_owned() });
    }
    Ok((chain, names))
}

fn check_time(certificate: &X509Certificate<'_>, now: SystemTime, path: &Path) -> Result<(), CertificateError> {
    let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX);
    let validity = certificate.validity();
    if now < validity.not_before.timestamp() {
        return Err(CertificateError::NotYetValid { path: path.to_owned() });
    }
    if now > validity.not_after.timestamp() {
        return Err(CertificateError::Expired { path: path.to_owned() });
    }
    Ok(())
}

/// The host names in lower case. The common name does not count: no client has looked at it for years.
fn host_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternative)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = alternative.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    names.collect()
}

fn refusal(error: &TlsError, files: &CertificateFile) -> CertificateError {
    let (certificate, key) = (files.certificate.clone(), files.key.clone());
    match error {
        TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => CertificateError::OtherKey { certificate, key },
        TlsError::InvalidCertificate(_) => CertificateError::Unusable { path: certificate, reason: error.to_string() },
        _ => CertificateError::UnusableKey { path: key, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;
    use std::time::Duration;

    use rcgen::{CertificateParams, KeyPair};
    use tempfile::TempDir;

    /// 2026-01-01 and a year later.
    const VALID: [u64; 2] = [1_767_225_600, 1_798_761_600];

    /// A certificate that signs itself, and its key, in a file each.
    fn issue(folder: &TempDir, name: &str, hosts: &[&str]) -> CertificateFile {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("valid names");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let pair = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&pair).expect("signed").pem();
        let path = |ending: &str| folder.path().join(format!("{name}.{ending}"));
        fs::write(path("pem"), certificate).expect("written");
        fs::write(path("key"), pair.serialize_pem()).expect("written");
        CertificateFile { certificate: path("pem"), key: path("key") }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn refuse(certificate: &Path, key: &Path, seconds: u64) -> String {
        let files = CertificateFile { certificate: certificate.to_owned(), key: key.to_owned() };
        Certificates::default().add(&files, at(seconds)).expect_err("refused").to_string()
    }

    #[test]
    fn a_host_has_its_own_certificate_before_that_of_its_domain() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut certificates = Certificates::default();
        for (name, hosts) in [("one", &["A.test", "b.test"][..]), ("all", &["*.a.test"]), ("own", &["own.a.test"])] {
            certificates.add(&issue(&folder, name, hosts), at(VALID[0] + 1)).expect(name);
        }
        let find = |host| certificates.find(host).map(Arc::as_ptr);
        assert_eq!(find("a.test"), find("B.TEST"));
        assert!(find("a.test").is_some() && find("a.test") != find("x.a.test"));
        assert!(find("x.a.test").is_some() && find("x.a.test") != find("own.a.test"));
        for host in ["c.test", "y.x.a.test", "test", ""] {
            assert_eq!(find(host), None, "{host}");
        }
    }

    #[test]
    fn each_wrong_file_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let (good, other) = (issue(&folder, "good", &["a.test"]), issue(&folder, "other", &["b.test"]));
        let nameless = issue(&folder, "nameless", &["127.0.0.1"]);
        let (missing, garbage) = (folder.path().join("missing"), folder.path().join("garbage"));
        fs::write(&garbage, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").expect("written");
        let now = VALID[0] + 1;
        let cases = [
            (&missing, &good.key, now, &missing, "which cannot be read: No such file"),
            (&good.certificate, &missing, now, &missing, "which cannot be read: No such file"),
            (&good.key, &good.key, now, &good.key, "which holds no certificate in PEM"),
            (&garbage, &good.key, now, &garbage, "which holds a certificate that cannot be used: "),
            (&good.certificate, &good.certificate, now, &good.certificate, "which holds no private key in PEM"),
            (&good.certificate, &other.key, now, &other.key, "which is not the key of the certificate in"),
            (
                &good.certificate,
                &good.key,
                VALID[1] + 1,
                &good.certificate,
                "which holds a certificate that has expired",
            ),
            (
                &good.certificate,
                &good.key,
                VALID[0] - 1,
                &good.certificate,
                "which holds a certificate that is not valid yet",
            ),
            (&nameless.certificate, &nameless.key, now, &nameless.certificate, "whose certificate is for no host name"),
        ];
        for (certificate, key, seconds, named, reason) in cases {
            let message = refuse(certificate, key, seconds);
            assert!(message.starts_with(&format!("names `{}`, {reason}", named.display())), "{message}");
        }
        for seconds in VALID {
            assert!(Certificates::default().add(&good, at(seconds)).is_ok(), "{seconds}");
        }
    }

    #[test]
    fn a_host_in_two_certificates_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut certificates = Certificates::default();
        certificates.add(&issue(&folder, "one", &["a.test"]), at(VALID[0])).expect("valid");
        let error = certificates.add(&issue(&folder, "two", &["A.test"]), at(VALID[0])).expect_err("refused");
        assert!(error.to_string().ends_with("two.pem`, whose host `a.test` is also in another certificate"), "{error}");
    }
}
