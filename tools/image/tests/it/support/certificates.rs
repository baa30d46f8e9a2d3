//! Certificates of an authority of the test, as a company has one.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// A name that no resolver knows.
pub const NAME: &str = "registry.example";

/// PEM files of an authority, and of a certificate that it made for this machine and for [`NAME`].
pub struct Certificates {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Certificates {
    /// One certificate for both, as `openssl req -x509` makes it, or one that is a server's alone; it is for `name`.
    pub fn self_signed(folder: &Path, is_authority: bool, name: &str) -> Self {
        let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.join(name));
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.is_ca = if is_authority { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
        let server_key = KeyPair::generate().unwrap();
        std::fs::write(&certificate, parameters.self_signed(&server_key).unwrap().pem()).unwrap();
        std::fs::write(&key, server_key.serialize_pem()).unwrap();
        Self { authority: certificate.clone(), certificate, key }
    }

    pub fn new(folder: &Path) -> Self {
        let [authority, certificate, key] =
            ["authority.pem", "certificate.pem", "key.pem"].map(|name| folder.join(name));
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        std::fs::write(&authority, parameters.self_signed(&authority_key).unwrap().pem()).unwrap();
        let server_key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec!["127.0.0.1".to_owned(), NAME.to_owned()]).unwrap();
        let server = server.signed_by(&server_key, &Issuer::new(parameters, authority_key)).unwrap();
        std::fs::write(&certificate, server.pem()).unwrap();
        std::fs::write(&key, server_key.serialize_pem()).unwrap();
        Self { authority, certificate, key }
    }
}
