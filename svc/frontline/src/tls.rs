//! The handshake of HTTPS: with the certificate for the name that the client asks for, or not at all.

use std::fmt;
use std::io;
use std::sync::Arc;

use runtime::Handshake;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::certificates::Certificates;

/// TLS 1.2 and 1.3, and HTTP/1.1 within.
#[derive(Clone)]
pub(crate) struct Tls(TlsAcceptor);

impl Tls {
    /// Shakes hands for the names of these certificates.
    pub(crate) fn new(certificates: Certificates) -> Self {
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has suites for both versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(certificates));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self(Arc::new(config).into())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tls")
    }
}

impl Handshake for Tls {
    type Stream = TlsStream<TcpStream>;

    async fn shake(&self, stream: TcpStream) -> io::Result<Self::Stream> {
        self.0.accept(stream).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;
    use std::net::SocketAddr;
    use std::time::{Duration, SystemTime};

    use rcgen::CertifiedKey;
    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, RootCertStore};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_rustls::TlsConnector;

    use crate::config::CertificateFile;
    use crate::testing::{self, TestServer};

    /// Certificates for these hosts, each in files of its own, and a client that trusts them.
    fn issue(hosts: &[&str]) -> (Tls, TlsConnector) {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut certificates, mut roots) = (Certificates::default(), RootCertStore::empty());
        for host in hosts {
            let CertifiedKey { cert, signing_key } =
                rcgen::generate_simple_self_signed([(*host).to_owned()]).expect("issued");
            let path = |ending: &str| folder.path().join(format!("{host}.{ending}"));
            let files = CertificateFile { certificate: path("pem"), key: path("key") };
            fs::write(&files.certificate, cert.pem()).expect("written");
            fs::write(&files.key, signing_key.serialize_pem()).expect("written");
            certificates.add(&files, SystemTime::now()).expect("valid");
            roots.add(cert.der().clone()).expect("trusted");
        }
        let client = ClientConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("both versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        (Tls::new(certificates), Arc::new(client).into())
    }

    async fn ask(connector: &TlsConnector, address: SocketAddr, host: &str) -> io::Result<String> {
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from(host.to_owned()).expect("a name");
        let mut stream = connector.connect(name, stream).await?;
        let request = format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn each_name_has_its_certificate_and_another_is_refused() {
        let upstream = testing::echo_head().await;
        let (tls, connector) = issue(&["a.test", "b.test"]);
        let routes = [("a.test", &[upstream][..]), ("b.test", &[upstream]), ("c.test", &[upstream])];
        let server = TestServer::start_over(tls, "https", &routes, "");
        for host in ["a.test", "b.test"] {
            let answer = ask(&connector, server.address, host).await.expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(answer.contains(&format!("forwarded: for=127.0.0.1;host=\"{host}\";proto=https\r\n")), "{answer}");
        }
        let error = ask(&connector, server.address, "c.test").await.expect_err("refused");
        assert!(error.to_string().contains("received fatal alert"), "{error}");
        let nameless = ask(&connector, server.address, "127.0.0.1").await.expect_err("refused");
        assert!(nameless.to_string().contains("received fatal alert"), "{nameless}");
        server.stop().await;
    }

    #[tokio::test]
    async fn a_handshake_that_is_not_finished_does_not_hold_up_the_end() {
        let server = TestServer::start_over(issue(&["a.test"]).0, "https", &[], "");
        // Nothing, and the head of a record whose content never comes.
        let streams = [server.send("").await, server.send("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}").await];
        tokio::time::timeout(Duration::from_secs(10), server.stop()).await.expect("not held up");
        drop(streams);
    }
}
