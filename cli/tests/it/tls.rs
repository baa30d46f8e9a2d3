//! Whom https trusts, and the way through a proxy.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{Ask, Home, KEY, Server, answer, json, stderr};

/// A name that no resolver knows.
const NAME: &str = "unkey.example";

const LIST: [&str; 3] = ["api", "keys", "list"];

/// A server that speaks TLS for [`NAME`] and this machine, and answers an empty list.
struct TlsServer {
    address: String,
    certificate: PathBuf,
    asks: Arc<Mutex<Vec<Ask>>>,
}

impl TlsServer {
    fn start(home: &Home) -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), NAME.to_owned()]).unwrap();
        let certificate = home.path("certificate.pem");
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        let chain = vec![CertificateDer::from_pem_file(&certificate).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asks = Arc::<Mutex<Vec<Ask>>>::default();
        let seen = Arc::clone(&asks);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                let Some(ask) = Ask::read(&mut stream) else { continue };
                seen.lock().unwrap().push(ask);
                // Whoever asked may be gone.
                let _ = stream.write_all(&json(200, r#"{"keys":[]}"#));
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        Self { address, certificate, asks }
    }

    fn asks(&self) -> Vec<Ask> {
        self.asks.lock().unwrap().clone()
    }
}

#[test]
fn a_certificate_is_trusted_only_if_the_file_names_it() {
    let home = Home::new();
    let server = TlsServer::start(&home);
    let url = format!("https://{}", server.address);
    let mut run = home.with_key(&LIST);
    run.env("UNKEY_API_URL", &url);
    let text = stderr(&run.assert().code(2).stdout(""));
    assert!(text.starts_with(&format!("error: `{url}/v1/keys` cannot be spoken to by TLS: ")), "{text}");
    assert!(text.contains("certificate") && text.contains("`SSL_CERT_FILE` names its certificate"), "{text}");
    assert!(server.asks().is_empty());
    run.env("SSL_CERT_FILE", &server.certificate).assert().success();
    assert_eq!(server.asks()[0].header("authorization"), format!("Bearer {KEY}"));
    let text = stderr(&run.env("SSL_CERT_FILE", home.path("missing")).assert().code(2));
    assert!(text.contains("cannot read the certificates in") && text.contains("missing"), "{text}");
}

#[test]
fn a_port_that_speaks_no_tls_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // As web servers do to what they do not understand, once they have read some of it.
            let _ = stream.read(&mut [0; 4096]).and_then(|_| stream.write_all(&answer(400, &[], "")));
        }
    });
    let text = stderr(&Home::new().with_key(&LIST).env("UNKEY_API_URL", url).assert().code(2));
    assert!(text.contains("cannot be spoken to by TLS") && text.contains("does that port speak https?"), "{text}");
}

/// A proxy that leads wherever it is asked for to one server; what it was sent before that.
fn proxy(server: &str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, server) = (format!("http://{}", listener.local_addr().unwrap()), server.to_owned());
    let heads = Arc::<Mutex<String>>::default();
    let seen = Arc::clone(&heads);
    thread::spawn(move || {
        for client in listener.incoming() {
            let (seen, server) = (Arc::clone(&seen), server.clone());
            thread::spawn(move || tunnel(&client?, &server, &seen));
        }
    });
    (url, heads)
}

fn tunnel(mut client: &TcpStream, server: &str, seen: &Mutex<String>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    seen.lock().unwrap().push_str(&String::from_utf8_lossy(&head));
    let server = TcpStream::connect(server)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from_client, &mut to_server));
    io::copy(&mut &server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

#[test]
fn a_proxy_sees_the_name_and_nothing_else() {
    let home = Home::new();
    let server = TlsServer::start(&home);
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let (url, heads) = proxy(&server.address);
        let mut run = home.with_key(&LIST);
        run.env("UNKEY_API_URL", format!("https://{NAME}")).env("SSL_CERT_FILE", &server.certificate);
        run.env(variable, url).assert().success();
        let heads = heads.lock().unwrap().clone();
        assert!(heads.starts_with(&format!("CONNECT {NAME}:443 ")) && !heads.contains(KEY), "{heads}");
    }
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn a_proxy_that_does_not_answer_is_named_and_this_machine_needs_none() {
    let home = Home::new();
    let nobody = format!("http://user:{KEY}@{}", parts::ports::free_address());
    let mut run = home.with_key(&LIST);
    let text =
        stderr(&run.env("UNKEY_API_URL", format!("https://{NAME}")).env("HTTPS_PROXY", &nobody).assert().code(2));
    assert!(text.contains(&format!("cannot reach `https://{NAME}/v1/keys` by the proxy of `HTTPS_PROXY`")), "{text}");
    for invalid in ["socks5://127.0.0.1:1", "http://", "http://a b"] {
        let text = stderr(&run.env("HTTPS_PROXY", invalid).assert().code(2));
        assert!(text.contains("`HTTPS_PROXY` names no proxy that can be used"), "{text}");
    }
    let server = Server::always(json(200, r#"{"keys":[]}"#));
    run.env("HTTPS_PROXY", &nobody).env("UNKEY_API_URL", server.url()).assert().success();
}
