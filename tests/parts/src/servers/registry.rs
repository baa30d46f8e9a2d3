//! Registries for a test, each on a free port with its own disk and stopped when the test ends: `crane registry serve`, whose
//! repositories share all blobs, and distribution, which keeps them apart.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;
use crate::{http, paths, ports};

/// What a request begins with in crane's log.
const METHODS: [&str; 7] = ["DELETE ", "GET ", "HEAD ", "OPTIONS ", "PATCH ", "POST ", "PUT "];

/// What distribution's program is called by its project, behind what Debian calls it.
const DISTRIBUTION: [&str; 2] = ["docker-registry", "registry"];

/// A running registry with its own disk.
#[derive(Debug)]
pub struct Registry {
    process: Process,
    address: String,
    disk: TempDir,
}

impl Registry {
    /// Starts crane's, and waits until it answers.
    pub fn start() -> Self {
        Self::run(|address, disk| {
            let mut crane = Command::new("crane");
            crane.args(["registry", "serve", "--address", address, "--disk"]).arg(disk);
            crane
        })
    }

    /// Starts distribution's with more settings: those of `http` first, then others. Waits until it listens.
    pub fn distribution(settings: &str) -> Self {
        Self::run(|address, disk| {
            // Relative URLs lead back through a proxy of the test.
            let settings = format!(
                "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  \
                 addr: {address}\n  relativeurls: true\n{settings}",
                disk.display()
            );
            let file = disk.with_extension("yml");
            fs::write(&file, settings).expect("written");
            let program = DISTRIBUTION.into_iter().find_map(paths::on_path);
            let mut registry = Command::new(program.expect("distribution's registry on the PATH"));
            registry.arg("serve").arg(file).env("OTEL_TRACES_EXPORTER", "none");
            registry
        })
    }

    fn run(command: impl Fn(&str, &Path) -> Command) -> Self {
        let (disk, address) = (tempfile::tempdir().expect("a folder"), ports::free_address());
        let blobs = disk.path().join("blobs");
        fs::create_dir(&blobs).expect("a folder");
        let listens = || std::net::TcpStream::connect(&address).is_ok();
        let process = Process::start(&mut command(&address, &blobs), &disk.path().join("log"), listens);
        Self { process, address, disk }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The folder with what it was sent, in its own form.
    pub fn blobs(&self) -> std::path::PathBuf {
        self.disk.path().join("blobs")
    }

    /// Ends it; nothing answers at its address any more.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// What clients have asked crane's for so far: a method, a path and, where it is no success, why.
    pub fn requests(&self) -> Vec<String> {
        let without_time = |line: &str| line.splitn(3, ' ').nth(2).unwrap_or("").to_owned();
        let log = self.process.log();
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
        let list: Value = serde_json::from_str(&body).expect("JSON");
        let tags = list["tags"].as_array().into_iter().flatten();
        tags.map(|tag| tag.as_str().expect("a name").to_owned()).collect()
    }
}
