//! `image load` into a daemon behind TLS, and what is said where TLS is missing, or something else listens. A real dockerd
//! behind TLS is the end-to-end tests' business.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assert_cmd::assert::Assert;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::push::stderr;
use crate::support::daemon::{State, TestDaemon};
use crate::support::services::Services;

/// A folder with `ca.pem`, `cert.pem` and `key.pem` as docker's clients have them, and a server's beside.
struct Certificates(PathBuf);

impl Certificates {
    /// An authority, and what it made for the server and its client.
    fn new(folder: PathBuf) -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificates = Self::empty(folder);
        certificates.write("ca", &parameters.self_signed(&key).unwrap().pem());
        let issuer = Issuer::new(parameters, key);
        for [name, key_name] in [["server", "server-key"], ["cert", "key"]] {
            let key = KeyPair::generate().unwrap();
            let parameters = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
            certificates.write(name, &parameters.signed_by(&key, &issuer).unwrap().pem());
            certificates.write(key_name, &key.serialize_pem());
        }
        certificates
    }

    /// One certificate for everything, as `openssl req -x509` makes it: an authority's.
    fn one(folder: PathBuf, name: &str) -> Self {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let (certificate, key) = (parameters.self_signed(&key).unwrap().pem(), key.serialize_pem());
        let certificates = Self::empty(folder);
        for (name, text) in [("ca", &certificate), ("server", &certificate), ("server-key", &key)] {
            certificates.write(name, text);
        }
        certificates
    }

    fn empty(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name).with_extension("pem")
    }

    /// What a server shows; it asks for a client's certificate where there is one.
    fn server(&self) -> ServerConfig {
        http_client::certificates::install_provider();
        let builder = if self.path("cert").exists() {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(self.path("ca")).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
            ServerConfig::builder().with_client_cert_verifier(verifier)
        } else {
            ServerConfig::builder().with_no_client_auth()
        };
        let certificate = CertificateDer::from_pem_file(self.path("server")).unwrap();
        let key = PrivateKeyDer::from_pem_file(self.path("server-key")).unwrap();
        builder.with_single_cert(vec![certificate], key).unwrap()
    }
}

/// A daemon, and TLS in front of it.
struct Scene {
    services: Services,
    daemon: TestDaemon,
    certificates: Certificates,
    address: String,
    runtime: Option<Runtime>,
}

impl Scene {
    fn new() -> Self {
        Self::with(Certificates::new)
    }

    fn with(certificates: impl FnOnce(PathBuf) -> Certificates) -> Self {
        let services = Services::new();
        let certificates = certificates(services.path("certificates"));
        let daemon = TestDaemon::start(State::default());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let acceptor = TlsAcceptor::from(Arc::new(certificates.server()));
        let socket = daemon.address().strip_prefix("unix://").unwrap().to_owned();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(acceptor.clone(), stream, socket.clone()));
            }
        });
        Self { services, daemon, certificates, address, runtime: Some(runtime) }
    }

    fn load(&self, variables: &[(&str, &str)]) -> Assert {
        load(&self.services, variables)
    }

    /// With `DOCKER_HOST` and these variables beside.
    fn load_from_host(&self, scheme: &str, variables: &[&str], folder: &Path) -> Assert {
        let (host, folder) = (format!("{scheme}{}", self.address), folder.display().to_string());
        let set = variables.iter().map(|name| (*name, "1"));
        self.load(&[("DOCKER_HOST", &*host), ("DOCKER_CERT_PATH", &*folder)].into_iter().chain(set).collect::<Vec<_>>())
    }

    /// With a docker context that has these files.
    fn load_from_context(&self, is_unverified: bool, files: &Certificates) -> Assert {
        let config = self.services.path("docker");
        let hash = oci::digest::of_bytes(b"ci");
        let [meta, tls] = ["meta", "tls"].map(|name| config.join("contexts").join(name).join(hash.digest()));
        fs::create_dir_all(&meta).unwrap();
        fs::create_dir_all(tls.join("docker")).unwrap();
        let endpoint = format!(r#"{{"Host": "tcp://{}", "SkipTLSVerify": {is_unverified}}}"#, self.address);
        fs::write(meta.join("meta.json"), format!(r#"{{"Name": "ci", "Endpoints": {{"docker": {endpoint}}}}}"#))
            .unwrap();
        fs::write(config.join("config.json"), r#"{"currentContext": "ci"}"#).unwrap();
        for name in ["ca", "cert", "key"] {
            fs::copy(files.path(name), tls.join("docker").join(name).with_extension("pem")).unwrap();
        }
        self.load(&[("DOCKER_CONFIG", &config.display().to_string())])
    }

    fn loads(&self) -> usize {
        self.daemon.state().archives.len()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

/// Takes TLS off. A client that cannot come in is what some of the tests are about.
async fn pass_on(acceptor: TlsAcceptor, stream: TcpStream, socket: String) {
    let Ok(mut client) = acceptor.accept(stream).await else { return };
    let mut behind = UnixStream::connect(socket).await.unwrap();
    let _ = copy_bidirectional(&mut client, &mut behind).await;
}

fn load(services: &Services, variables: &[(&str, &str)]) -> Assert {
    let spec = services.spec(&[&services.add("api", "one")]);
    let mut image = crate::image();
    image.args(["load", "--spec"]).arg(spec).env("DOCKER_CONFIG", services.path("no-config"));
    for name in ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
        image.env_remove(name);
    }
    image.envs(variables.iter().copied()).assert()
}

#[test]
fn the_daemon_and_the_client_prove_who_they_are() {
    let scene = Scene::new();
    for scheme in ["tcp://", "https://", ""] {
        scene.load_from_host(scheme, &["DOCKER_TLS_VERIFY"], &scene.certificates.0).success();
    }
    scene.load_from_context(false, &scene.certificates).success();
    assert_eq!(scene.loads(), 1);
}

#[test]
fn a_daemon_that_nobody_vouches_for_is_refused_unless_that_is_asked_for() {
    let scene = Scene::new();
    // Only the authority is another one.
    let others = Certificates::new(scene.services.path("others"));
    for name in ["cert", "key"] {
        fs::copy(scene.certificates.path(name), others.path(name)).unwrap();
    }
    let text = stderr(&scene.load_from_host("tcp://", &["DOCKER_TLS_VERIFY"], &others.0).code(2));
    let start = format!("error: the daemon at `tcp://{}` cannot be spoken to by TLS: ", scene.address);
    assert!(text.starts_with(&format!("{start}invalid peer certificate: BadSignature\n\n")), "{text}");
    assert!(text.contains(&format!("hint: in `{}`, `ca.pem` is the authority of", others.0.display())), "{text}");
    let text = stderr(&scene.load_from_context(false, &others).code(2));
    assert!(text.starts_with(&format!("{start}invalid peer certificate: BadSignature\n\n")), "{text}");
    assert_eq!(scene.loads(), 0);

    scene.load_from_host("tcp://", &["DOCKER_TLS"], &others.0).success();
    scene.load_from_context(true, &others).success();
    assert_eq!(scene.loads(), 1);
}

#[test]
fn a_client_without_a_certificate_is_told_what_the_daemon_says() {
    let scene = Scene::new();
    fs::remove_file(scene.certificates.path("cert")).unwrap();
    let text = stderr(&scene.load_from_host("tcp://", &["DOCKER_TLS_VERIFY"], &scene.certificates.0).code(2));
    assert!(text.contains("cannot be spoken to by TLS: ") && text.contains("CertificateRequired"), "{text}");
    fs::remove_file(scene.certificates.path("ca")).unwrap();
    let text = stderr(&scene.load_from_host("tcp://", &["DOCKER_TLS_VERIFY"], &scene.certificates.0).code(2));
    let path = scene.certificates.path("ca");
    assert!(
        text.starts_with(&format!("error: cannot use `{}` to speak TLS with the daemon: ", path.display())),
        "{text}"
    );
    assert_eq!(scene.loads(), 0);
}

#[test]
fn one_certificate_for_everything_is_enough() {
    let scene = Scene::with(|folder| Certificates::one(folder, "127.0.0.1"));
    scene.load_from_host("tcp://", &["DOCKER_TLS_VERIFY"], &scene.certificates.0).success();
    let scene = Scene::with(|folder| Certificates::one(folder, "elsewhere.invalid"));
    let text = stderr(&scene.load_from_host("tcp://", &["DOCKER_TLS_VERIFY"], &scene.certificates.0).code(2));
    assert!(text.contains("not valid for name"), "{text}");
    let others = Certificates::one(scene.services.path("others"), "elsewhere.invalid");
    let text = stderr(&scene.load_from_host("tcp://", &["DOCKER_TLS_VERIFY"], &others.0).code(2));
    assert!(text.contains("invalid peer certificate"), "{text}");
}

#[test]
fn a_daemon_behind_tls_is_not_loaded_into_in_the_clear() {
    let scene = Scene::new();
    let text = stderr(&scene.load_from_host("tcp://", &[], &scene.certificates.0).code(2));
    assert_eq!(
        text,
        format!(
            "error: the daemon at `tcp://{}` speaks TLS, and nothing here says so\n\nhint: set `DOCKER_TLS_VERIFY=1`, and \
             `DOCKER_CERT_PATH` to the folder with `ca.pem`, `cert.pem` and `key.pem`\n",
            scene.address
        )
    );
}

#[test]
fn an_ssh_server_is_told_by_its_name() {
    let services = Services::new();
    let certificates = Certificates::new(services.path("certificates"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("tcp://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_10.0\r\n");
        }
    });
    let folder = certificates.0.display().to_string();
    for variables in [
        &[("DOCKER_HOST", &*host)][..],
        &[("DOCKER_HOST", &*host), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", &folder)],
    ] {
        let text = stderr(&load(&services, variables).code(2));
        assert!(
            text.starts_with(&format!("error: at `{host}` is an SSH server, not a Docker daemon\n\nhint: ")),
            "{text}"
        );
        assert!(
            text.contains("forward its socket, `ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST`"),
            "{text}"
        );
    }
}
