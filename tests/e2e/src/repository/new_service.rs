//! `make new-service`, in a clone of the repository: what it makes compiles, is tidy, passes its tests, pushes and loads; and what it
//! cannot make leaves no trace.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::command::{Ended, command, ended, stdout};
use crate::docker::Docker;
use crate::registry::Registry;
use crate::workspace;

/// A clone of what is committed here.
struct Clone(TempDir);

impl Clone {
    fn new() -> Self {
        let clone = Self(tempfile::tempdir().expect("a folder"));
        stdout(command("git").args(["clone", "--quiet"]).arg(workspace::root()).arg(clone.folder()));
        clone
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("clone")
    }

    /// A program in the clone.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        // A script of the clone, by its path there: it looks for the others beside itself.
        let own = self.folder().join(program);
        let mut command = command(if own.exists() { own } else { program.into() });
        command.current_dir(self.folder()).args(arguments);
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Ended {
        ended(&mut self.command(program, arguments))
    }

    /// What differs from the commit.
    fn changes(&self) -> String {
        stdout(&mut self.command("git", &["status", "--porcelain", "--untracked-files=all"]))
    }
}

impl Drop for Clone {
    fn drop(&mut self) {
        if self.folder().join("bazel-out").exists() {
            self.run("bazelw", &["shutdown"]);
        }
        workspace::make_writable(self.0.path());
    }
}

#[test]
fn new_services_compile_pass_their_tests_push_and_load() {
    let clone = Clone::new();
    clone.run("make", &["new-service", "NAME=billing-api", "DESCRIPTION=Bills customers"]).succeeded();
    clone.run("make", &["new-service", "NAME=b2"]).succeeded();

    let packages = ["billing-api", "billing-api-command", "b2", "b2-command"];
    let of_all = |verb: &[&str], more: &[&str]| {
        let chosen: Vec<_> = packages.iter().flat_map(|package| ["--package", package]).collect();
        clone.run("dev/cargo.sh", &[verb, &["--locked"], &chosen, more].concat()).succeeded()
    };
    let tested = of_all(&["test"], &[]);
    assert!(!tested.stdout.contains("test result: FAILED"), "{}", tested.report());
    of_all(&["clippy", "--all-targets"], &["--", "--deny", "warnings"]);
    clone.run("dev/cargo.sh", &["fmt", "--all", "--check"]).succeeded();
    clone.run("dev/bazel.sh", &["--check"]).succeeded();

    let registry = Registry::start();
    let place = format!("REGISTRY={}/unkeyed", registry.address());
    let pushed = clone.run("make", &["push", "SERVICE=billing-api b2", &place, "TAG=v0.1.0"]).succeeded();
    assert_eq!(pushed.stdout.lines().count(), 2, "{}", pushed.report());
    for name in ["billing-api", "b2"] {
        assert_eq!(registry.tags(&format!("unkeyed/{name}")), ["v0.1.0"]);
    }
    let docker = Docker::connect();
    let loaded = ended(docker.point(&mut clone.command("make", &["oci-load", "SERVICE=billing-api b2"]))).succeeded();
    assert!(loaded.stdout.contains("Loaded unkey/b2:dev ") && loaded.stdout.contains("Loaded unkey/billing-api:dev "));
    let help = docker.run(&["run", "--rm", "unkey/billing-api:dev", "--help"]).succeeded();
    assert!(help.stdout.starts_with("Bills customers\n"), "{}", help.report());
    clone
        .run("bazelw", &["test", "//build/billing-api/...", "//build/b2/...", "//svc/billing-api/...", "//svc/b2/..."])
        .succeeded();
}

#[test]
fn what_cannot_be_made_leaves_no_trace() {
    let clone = Clone::new();
    // The tool's own tests have all refusals and interruptions.
    clone.run("make", &["new-service", "NAME=api"]).recipe_exited(1).complains(&["`api` exists"]);
    clone.run("make", &["new-service"]).recipe_exited(2).complains(&["error: NAME is not set"]);
    assert_eq!(clone.changes(), "");
}
