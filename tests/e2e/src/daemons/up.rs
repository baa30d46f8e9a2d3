//! `make up` and `make down`: all services in containers of their images, by compose, and what they do together.
//!
//! The daemon is the test's own; the ports are those of `dev/compose.yaml`, which nobody else may have.

use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};

use crate::command::{Ended, command, ended};
use crate::docker::{Docker, Store};
use crate::environment::DOCKER_HOST;

/// What each step of the run through all services prints.
// do not sort
const STEPS: [(&str, &str); 9] = [
    ("api", "issue a key"),
    ("api", "verify it"),
    ("heimdall", "count its use"),
    ("api", "revoke it"),
    ("vault", "encrypt and decrypt"),
    ("control-api", "request a deployment"),
    ("control-worker", "carry it to krane"),
    ("krane", "want it"),
    ("frontline", "reach it by host name"),
];

#[test]
fn all_services_work_together_survive_a_kill_and_leave_nothing() {
    let local = Local { docker: Docker::start(Store::Classic) };
    let up = local.make(&["up"]).succeeded();
    let services = local.services();
    assert!(services.len() >= 7, "{services:?}");
    for service in &services {
        let is_healthy = |line: &str| line.starts_with(service) && line.ends_with("  running, healthy");
        assert!(up.stdout.lines().any(is_healthy), "{service}: {}", up.report());
        local.assert_hardened(service);
    }
    assert_steps(&up);

    local.kill("krane");
    assert_steps(&local.tool("smoke").succeeded());
    assert_eq!(local.inspect("krane")["RestartCount"], 1);

    local.make(&["down"]).succeeded();
    assert_eq!(local.list("container"), "");
    assert_eq!(local.list("network"), "");
    assert_ne!(local.list("volume"), "", "what the services have stored stays");
    local.make(&["down", "VOLUMES=1"]).succeeded();
    assert_eq!(local.list("volume"), "");
}

#[test]
fn a_daemon_without_the_images_and_a_port_of_somebody_else_are_told() {
    let local = Local { docker: Docker::start(Store::Classic) };
    let failed = local.tool("up").exited(2);
    failed.complains(&["error: Docker has no image `unkey/api:dev`, ", "hint: make oci-load"]);
    let taken = TcpListener::bind("127.0.0.1:8060").expect("the port of vault");
    let failed = local.make(&["up"]).recipe_exited(1);
    failed.complains(&["error: port 8060 of this machine, where `vault` would be reached, is taken"]);
    drop(taken);
}

#[test]
fn without_a_daemon_nothing_is_built() {
    for verb in ["up", "down"] {
        let failed = ended(command("make").arg(verb).env(DOCKER_HOST, "unix:///nonexistent.sock")).recipe_exited(2);
        failed.complains(&["error: no Docker daemon answers: ", "hint: start Docker, or set `DOCKER_HOST`"]);
    }
    let refused = ended(command("make").args(["down", "VOLUMES=yes"])).recipe_exited(2);
    refused.complains(&["error: VOLUMES is `yes`"]);
}

/// The services of a daemon. What is left of them goes with it.
struct Local {
    docker: Docker,
}

impl Local {
    fn make(&self, arguments: &[&str]) -> Ended {
        ended(self.docker.point(command("make").args(arguments)))
    }

    /// The tool behind `make up`.
    fn tool(&self, verb: &str) -> Ended {
        ended(self.docker.point(command("./bazelw").args(["run", "//tools/local", "--", verb])))
    }

    fn services(&self) -> Vec<String> {
        let line = ["compose", "--file", "dev/compose.yaml", "config", "--services"];
        let mut services: Vec<_> = self.docker.run(&line).succeeded().stdout.lines().map(str::to_owned).collect();
        services.sort();
        services
    }

    fn inspect(&self, service: &str) -> Value {
        let text = self.docker.run(&["inspect", &format!("unkey-{service}-1")]).succeeded().stdout;
        let inspected: Value = serde_json::from_str(&text).expect("JSON");
        inspected[0].clone()
    }

    /// What could get out of the container finds nothing to work with.
    fn assert_hardened(&self, service: &str) {
        let container = self.inspect(service);
        let host = &container["HostConfig"];
        assert_eq!(host["ReadonlyRootfs"], true, "{service}");
        assert_eq!(host["Privileged"], false, "{service}");
        assert_eq!(host["CapDrop"], json!(["ALL"]), "{service}");
        assert_eq!(host["CapAdd"], Value::Null, "{service}");
        let options = host["SecurityOpt"].to_string();
        assert!(options.contains("no-new-privileges"), "{service}: {options}");
        assert_eq!(container["Config"]["User"], "65532", "{service}");
        for bindings in host["PortBindings"].as_object().expect("ports").values() {
            assert_eq!(bindings[0]["HostIp"], "127.0.0.1", "{service}");
        }
        for mount in container["Mounts"].as_array().expect("mounts") {
            let is_state = mount["Destination"] == "/home/nonroot";
            assert_eq!(mount["RW"], is_state, "{service}: {mount}");
        }
    }

    /// Ends the process of a service as nothing can prevent it, and not by Docker, which would let it rest.
    fn kill(&self, service: &str) {
        let process = self.inspect(service)["State"]["Pid"].to_string();
        assert!(Path::new("/proc").join(&process).exists(), "{process}");
        ended(command("kill").args(["-KILL", &process])).succeeded();
    }

    /// The names of what there is of a kind.
    fn list(&self, kind: &str) -> String {
        let filter = "label=com.docker.compose.project=unkey";
        let all: &[&str] = if kind == "container" { &["--all"] } else { &[] };
        let line = [&[kind, "ls", "--quiet", "--filter", filter], all].concat();
        self.docker.run(&line).succeeded().stdout.trim().to_owned()
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        // Its network is a bridge of this machine, which outlives the daemon.
        self.docker.run(&["compose", "--file", "dev/compose.yaml", "down", "--volumes", "--timeout", "1"]);
    }
}

fn assert_steps(run: &Ended) {
    let mut lines = run.stdout.lines();
    for (service, step) in STEPS {
        let is_step = |line: &str| {
            line.split_once("  ").is_some_and(|(who, what)| who == service && what.trim().starts_with(step))
        };
        assert!(lines.any(is_step), "no `{step}` by {service}: {}", run.report());
    }
}
