//! A registry for a test: `crane registry serve` on a free port, stopped when the test ends.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{http, ports};

/// Far longer than it takes to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a request begins with in its log.
const METHODS: [&str; 7] = ["DELETE ", "GET ", "HEAD ", "OPTIONS ", "PATCH ", "POST ", "PUT "];

/// Its blobs, in its folder.
const BLOBS: &str = "blobs";

/// Its log, beside its blobs.
const LOG: &str = "log";

/// A running registry with its own disk.
#[derive(Debug)]
pub struct Registry {
    process: Child,
    address: String,
    disk: TempDir,
}

impl Registry {
    /// Starts one, and waits until it answers.
    pub fn start() -> Self {
        let disk = tempfile::tempdir().expect("a folder");
        fs::create_dir(disk.path().join(BLOBS)).expect("a folder");
        let address = format!("127.0.0.1:{}", ports::free());
        let process = Command::new("crane")
            .args(["registry", "serve", "--address", &address, "--disk"])
            .arg(disk.path().join(BLOBS))
            .stdout(Stdio::null())
            .stderr(File::create(disk.path().join(LOG)).expect("a log"))
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start crane: {error}"));
        let registry = Self { process, address, disk };
        let deadline = Instant::now() + PATIENCE;
        while http::get(&registry.address, "/v2/").is_none_or(|(status, _)| status != 200) {
            assert!(Instant::now() < deadline, "the registry at {} does not answer", registry.address);
            thread::sleep(Duration::from_millis(20));
        }
        registry
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends it; nothing answers at its address any more.
    pub fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// What clients have asked for so far: a method, a path and, where it is no success, why.
    pub fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.disk.path().join(LOG)).expect("the log");
        let without_time = |line: &str| line.splitn(3, ' ').nth(2).unwrap_or("").to_owned();
        log.lines().map(without_time).filter(|line| METHODS.iter().any(|method| line.starts_with(method))).collect()
    }

    /// The digest that a tag points at; none where the registry does not have it.
    pub fn digest(&self, repository: &str, tag: &str) -> Option<String> {
        http::header(&self.address, &format!("/v2/{repository}/manifests/{tag}"), "docker-content-digest")
    }

    /// The tags of a repository; none where the registry does not have it.
    pub fn tags(&self, repository: &str) -> Vec<String> {
        let (status, body) =
            http::get(&self.address, &format!("/v2/{repository}/tags/list")).expect("the registry answers");
        if status == 404 {
            return Vec::new();
        }
        assert_eq!(status, 200, "{body}");
        let list: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let tags = list["tags"].as_array().into_iter().flatten();
        tags.map(|tag| tag.as_str().expect("a name").to_owned()).collect()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}
