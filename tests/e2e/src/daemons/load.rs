//! `make oci-load`: the image in Docker, and the service in a container of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{Ended, command, ended};
use crate::docker::Docker;
use crate::environment::DOCKER_HOST;
use crate::{http, ports, workspace};

const TAG: &str = "unkey/api:dev";

/// Only a failed test waits this long for a container.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn the_image_is_sent_once_runs_as_an_ordinary_user_and_stops_when_told() {
    let docker = Docker::connect();
    let loaded = load(&docker).succeeded().stdout;
    assert!(loaded.starts_with(&format!("Loaded {TAG} sha256:")), "{loaded}");
    assert_eq!(load(&docker).succeeded().complains(&["nothing was sent"]).stdout, loaded);
    let inspected: Value = serde_json::from_str(&docker.run(&["image", "inspect", TAG]).succeeded().stdout).unwrap();
    let image = &inspected[0];
    assert_eq!((&image["Os"], &image["Architecture"]), (&json!("linux"), &json!(docker_architecture(&docker))));
    // A daemon with containerd's store calls an image by its manifest; all others do by its config.
    let config = workspace::image().manifest(&docker_architecture(&docker))["config"]["digest"].clone();
    let manifests = workspace::image().index()["manifests"].to_string();
    let id = image["Id"].as_str().expect("an id");
    assert!(config == id || manifests.contains(id), "{id}: {config} {manifests}");
    assert_eq!(image["Config"]["User"], "65532");
    assert_eq!(image["Config"]["Entrypoint"], json!(["/api"]));

    let container = Container::start(&docker);
    let version = container.version();
    assert_eq!(version["service"], "api");
    assert_eq!(version["architecture"], docker_architecture(&docker));
    assert_eq!(http::json(&container.address, "/health/live"), json!({"status": "live"}));
    assert_eq!(http::json(&container.address, "/health/ready"), json!({"status": "ready"}));

    let processes = docker.run(&["top", &container.id, "-o", "uid,pid"]).succeeded().stdout;
    let users: Vec<_> = processes.lines().skip(1).map(|line| line.split_whitespace().next().unwrap_or("")).collect();
    assert_eq!(users, ["65532"]);

    docker.run(&["stop", &container.id]).succeeded();
    let status = docker.run(&["inspect", "--format", "{{.State.ExitCode}}", &container.id]).succeeded();
    assert_eq!(status.stdout.trim(), "0", "{}", container.log());
}

#[test]
fn without_a_daemon_the_error_says_what_to_do() {
    let failed = ended(command("make").args(["oci-load", "SERVICE=api"]).env(DOCKER_HOST, "unix:///nonexistent.sock"))
        .recipe_exited(2)
        .complains(&["error: cannot reach a Docker daemon at `unix:///nonexistent.sock`"])
        .complains(&[&format!("hint: start Docker, or set `{DOCKER_HOST}`")]);
    assert_eq!(failed.stdout, "");
}

fn load(docker: &Docker) -> Ended {
    ended(docker.point(command("make").args(["oci-load", "SERVICE=api"])))
}

/// The platform of the daemon, not of the test: a Docker on another machine has its own.
fn docker_architecture(docker: &Docker) -> String {
    docker.run(&["version", "--format", "{{.Server.Arch}}"]).succeeded().stdout.trim().to_owned()
}

/// A container of the image; removed when the test is over.
struct Container<'a> {
    docker: &'a Docker,
    id: String,
    address: String,
    _config: TempDir,
}

impl<'a> Container<'a> {
    fn start(docker: &'a Docker) -> Self {
        let address = ports::free_address();
        let config = tempfile::tempdir().expect("a folder");
        // The store is the container's own: the home of its user is there, and the user's.
        let text = format!(
            "region = \"local\"\nlisten = \"{address}\"\nlogging.format = \"json\"\n\
             token = {{ file = \"/etc/unkey/token\" }}\nstore = \"/home/nonroot/state\"\n"
        );
        write_readable(config.path(), &[("unkey.toml", &text), ("token", "only-for-this-test")]);
        let volume = format!("{}:/etc/unkey:ro", config.path().display());
        let line = ["create", "--network", "host", "--volume", &volume, TAG, "--config", "/etc/unkey/unkey.toml"];
        let id = docker.run(&line).succeeded().stdout.trim().to_owned();
        // Owned before it is started: a container that cannot start is there all the same.
        let container = Self { docker, id, address, _config: config };
        docker.run(&["start", &container.id]).succeeded();
        container
    }

    /// What the service says about itself, once it answers.
    fn version(&self) -> Value {
        let deadline = Instant::now() + PATIENCE;
        while http::get(&self.address, "/version").is_none() {
            assert!(Instant::now() < deadline, "it does not answer:\n{}", self.log());
            thread::sleep(Duration::from_millis(50));
        }
        http::json(&self.address, "/version")
    }

    fn log(&self) -> String {
        self.docker.run(&["logs", &self.id]).report()
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        self.docker.run(&["rm", "--force", &self.id]);
    }
}

/// The container's user is not the one that runs the tests.
fn write_readable(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let file = folder.join(name);
        fs::write(&file, text).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("set");
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("set");
}
