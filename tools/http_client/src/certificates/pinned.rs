//! Whom a certificate that is named is taken for, where webpki alone would not tell as Go does.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

/// Whom an authority vouches for, and whoever shows one of the named certificates itself: Go, and so docker, takes a server
/// with one self-signed certificate for both, and one whose own certificate is all that is named. webpki refuses the first by
/// the certificate's kind and finds no issuer for the second.
#[derive(Debug)]
pub struct Pinned {
    verifier: Arc<dyn ServerCertVerifier>,
    authorities: Vec<CertificateDer<'static>>,
}

impl Pinned {
    /// Of what judges a chain, and the authorities that may stand for themselves.
    pub fn new(verifier: Arc<dyn ServerCertVerifier>, authorities: Vec<CertificateDer<'static>>) -> Self {
        Self { verifier, authorities }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // By then webpki has found that the certificate is valid today.
            Err(error) if is_about_the_issuer(&error) && self.authorities.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// Whether all that is wrong is who made the certificate, or that an authority's is shown for a server's. rustls has no name
/// for the latter and hands on webpki's.
fn is_about_the_issuer(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
        Error::InvalidCertificate(CertificateError::Other(other)) => other.to_string() == "CaUsedAsEndEntity",
        _ => false,
    }
}
