//! Real registries for a test, each on a free port with its own disk and stopped when the test ends: `crane registry serve`,
//! whose repositories share all blobs, and distribution, which keeps them apart.

use std::ffi::OsString;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::environment::{PATH, TEST_DISTRIBUTION, TEST_REGISTRY};
use crate::support::layout::digest;
use crate::support::server;

/// Which program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Crane,
    Distribution,
}

/// A running registry.
pub struct Registry {
    kind: Kind,
    process: Child,
    address: String,
    disk: TempDir,
}

/// Runs a test against a registry of each kind. One that fails says on stderr which it was.
pub fn on_each_registry(test: impl Fn(&Registry)) {
    for kind in [Kind::Crane, Kind::Distribution] {
        test(&Registry::of(kind));
    }
}

impl Registry {
    /// Crane's.
    pub fn start() -> Self {
        Self::of(Kind::Crane)
    }

    /// Distribution's.
    pub fn distribution() -> Self {
        Self::of(Kind::Distribution)
    }

    /// Distribution's, with HTTPS by the PEM files of a certificate and its key.
    pub fn distribution_with_tls(certificate: &Path, key: &Path) -> Self {
        let tls = format!("  tls:\n    certificate: {}\n    key: {}\n", certificate.display(), key.display());
        Self::distribution_with(&tls)
    }

    /// Distribution's, with more settings: those of `http` first, then others.
    pub fn distribution_with(settings: &str) -> Self {
        Self::run(Kind::Distribution, |address, disk| distribution(address, disk, settings))
    }

    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Crane => Self::run(kind, crane),
            Kind::Distribution => Self::run(kind, |address, disk| distribution(address, disk, "")),
        }
    }

    /// A machine without the program fails the test, since a skipped test looks like a passed one.
    fn run(kind: Kind, command: impl Fn(&str, &Path) -> (Command, &'static str)) -> Self {
        let disk = tempfile::tempdir().unwrap();
        let address = free_address();
        let (mut command, hint) = command(&address, disk.path());
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process
            .unwrap_or_else(|error| panic!("cannot start `{}`: {error}; {hint}", command.get_program().display()));
        let mut registry = Self { kind, process, address, disk };
        registry.wait();
        registry
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The digest that a tag has, asked without the tool.
    pub fn tag(&self, repository: &str, tag: &str) -> Option<String> {
        self.get(repository, &format!("manifests/{tag}")).map(|bytes| digest(&bytes))
    }

    /// Whether the registry has a blob for a repository.
    pub fn has_blob(&self, repository: &str, digest: &str) -> bool {
        self.get(repository, &format!("blobs/{digest}")).is_some()
    }

    /// Makes it forget a blob of a repository.
    pub fn remove_blob(&self, repository: &str, digest: &str) {
        let (algorithm, hex) = digest.split_once(':').unwrap();
        match self.kind {
            Kind::Crane => std::fs::remove_file(self.disk.path().join(algorithm).join(hex)).unwrap(),
            Kind::Distribution => {
                let repositories = self.disk.path().join("docker/registry/v2/repositories");
                std::fs::remove_dir_all(repositories.join(repository).join("_layers").join(algorithm).join(hex))
                    .unwrap();
            }
        }
        assert!(!self.has_blob(repository, digest));
    }

    /// Fails unless all that a tag leads to can be had and is what its digest says.
    pub fn assert_complete(&self, repository: &str, tag: &str) {
        let manifests =
            self.children(repository, &format!("manifests/{tag}"), None, |index| entries(&index["manifests"]));
        assert!(!manifests.is_empty(), "{repository}:{tag} has no images");
        for manifest in manifests {
            let blobs = |manifest: &Value| {
                let mut blobs = entries(&manifest["layers"]);
                blobs.push(text(&manifest["config"]));
                blobs
            };
            for blob in self.children(repository, &format!("manifests/{manifest}"), Some(&manifest), blobs) {
                let bytes = self.get(repository, &format!("blobs/{blob}"));
                let bytes = bytes.unwrap_or_else(|| panic!("blob {blob} of {repository}:{tag} is missing"));
                assert_eq!(digest(&bytes), blob);
            }
        }
    }

    /// Fails when a tag leads to something that is not complete; it may well be absent.
    pub fn assert_absent_or_complete(&self, repository: &str, tag: &str) {
        if self.tag(repository, tag).is_some() {
            self.assert_complete(repository, tag);
        }
    }

    fn children(
        &self,
        repository: &str,
        path: &str,
        expected: Option<&str>,
        children: impl Fn(&Value) -> Vec<String>,
    ) -> Vec<String> {
        let bytes = self.get(repository, path).unwrap_or_else(|| panic!("{path} of {repository} is missing"));
        assert!(expected.is_none_or(|expected| expected == digest(&bytes)), "{path} of {repository} is something else");
        children(&serde_json::from_slice(&bytes).unwrap())
    }

    fn get(&self, repository: &str, path: &str) -> Option<Vec<u8>> {
        server::get(&format!("http://{}/v2/{repository}/{path}", self.address))
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect(&self.address).is_err() {
            let ended = self.process.try_wait().unwrap();
            assert_eq!(ended, None, "the {:?} registry ends at once", self.kind);
            assert!(Instant::now() < deadline, "the {:?} registry at {} does not start", self.kind, self.address);
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the registry was of kind {:?}", self.kind);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn entries(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(text).collect()
}

fn text(descriptor: &Value) -> String {
    descriptor["digest"].as_str().unwrap().to_owned()
}

fn crane(address: &str, disk: &Path) -> (Command, &'static str) {
    let program = std::env::var_os(TEST_REGISTRY).unwrap_or_else(|| OsString::from("crane"));
    let mut command = Command::new(program);
    command.args(["registry", "serve", "--address", address, "--disk"]).arg(disk);
    (command, "install crane or set IMAGE_TEST_REGISTRY")
}

fn distribution(address: &str, disk: &Path, more: &str) -> (Command, &'static str) {
    // Relative URLs lead back through a proxy of the test.
    let settings = format!(
        "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {address}\n  \
         relativeurls: true\n{more}",
        disk.display()
    );
    let path = disk.join("config.yml");
    std::fs::write(&path, settings).unwrap();
    let program = std::env::var_os(TEST_DISTRIBUTION).unwrap_or_else(|| {
        if on_path("docker-registry") { OsString::from("docker-registry") } else { OsString::from("registry") }
    });
    let mut command = Command::new(program);
    command.arg("serve").arg(path).env("OTEL_TRACES_EXPORTER", "none");
    (command, "install docker-registry or set IMAGE_TEST_DISTRIBUTION")
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os(PATH).unwrap_or_default();
    std::env::split_paths(&path).map(|folder: PathBuf| folder.join(program)).any(|candidate| candidate.is_file())
}

/// An address that nobody listens on.
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
