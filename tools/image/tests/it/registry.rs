//! A real registry for a test: `crane registry serve` on a free port, stopped when the test ends.

use std::ffi::OsString;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::environment::TEST_REGISTRY;

/// A running registry with its own disk.
pub struct Registry {
    process: Child,
    address: String,
    disk: TempDir,
}

impl Registry {
    /// Starts one. A machine without `crane` fails the test, since a skipped test looks like a passed one.
    pub fn start() -> Self {
        let program = std::env::var_os(TEST_REGISTRY).unwrap_or_else(|| OsString::from("crane"));
        let disk = tempfile::tempdir().unwrap();
        let address = free_address();
        let process = Command::new(&program)
            .args(["registry", "serve", "--address", &address, "--disk"])
            .arg(disk.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot start `{}`: {error}; install crane or set {TEST_REGISTRY}", program.display())
            });
        let registry = Self { process, address, disk };
        registry.wait();
        registry
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The digest that a tag has, asked without the tool.
    pub fn tag(&self, repository: &str, tag: &str) -> Option<String> {
        let url = format!("http://{}/v2/{repository}/manifests/{tag}", self.address);
        let response = super::server::get(&url);
        let digest = response.headers().get("docker-content-digest").map(|value| value.to_str().unwrap().to_owned());
        digest.filter(|_| response.status().is_success())
    }

    /// Where the registry keeps a blob.
    pub fn blob(&self, digest: &str) -> PathBuf {
        self.disk.path().join(digest.replace(':', "/"))
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(&self.address).is_err() {
            assert!(Instant::now() < deadline, "the registry at {} does not start", self.address);
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address that nobody listens on.
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
