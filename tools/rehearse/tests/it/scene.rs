//! A repository with a small workflow of its own, and a rehearsal of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use parts::command::{Ended, ended};
use tempfile::TempDir;

/// Where the workflows are that release services, and the client.
const SERVICES: &str = ".depot/workflows/service-release.yaml";
const CLIENT: &str = ".github/workflows/release.yaml";

/// A workflow's head. Jobs follow.
const HEAD: &str = r#"
name: Release
on: {push: {tags: ["v*"]}}
env:
  LOGIN_REGISTRY: registry.example
  TEXT: plain
jobs:
"#;

/// A repository, and the folder that a rehearsal keeps its clones in.
pub struct Scene(TempDir);

impl Scene {
    /// With these jobs for services, each made by [`job`].
    pub fn with(jobs: &[String]) -> Self {
        Self::with_workflows(jobs, &[])
    }

    /// With these jobs for the client.
    pub fn with_client(jobs: &[String]) -> Self {
        Self::with_workflows(&[], jobs)
    }

    /// With these jobs for services, and these for the client.
    pub fn with_workflows(services: &[String], client: &[String]) -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        for (path, jobs) in [(SERVICES, services), (CLIENT, client)] {
            parts::files::write(&scene.repository().join(path), format!("{HEAD}{}", jobs.concat()));
        }
        scene.git(&["init", "--quiet", "--initial-branch=work", "."]);
        scene.git(&["add", "--all"]);
        scene.git(&["commit", "--quiet", "--message", "Begin"]);
        scene
    }

    pub fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]);
        ended(git.args(arguments).current_dir(self.repository())).succeeded();
    }

    pub fn repository(&self) -> PathBuf {
        self.0.path().join("repository")
    }

    pub fn rehearse(&self, tag: &str) -> Ended {
        ended(self.command(tag).env("HTTPS_PROXY", "http://proxy.invalid").env("DOCKER_CONFIG", "/nonexistent"))
    }

    /// The tool, as if it were typed in the repository. It takes Ctrl-C also where a shell in the background has started the test.
    pub fn command(&self, tag: &str) -> Command {
        let mut rehearse = Command::new("/usr/bin/env");
        rehearse.arg("--default-signal=INT").arg(program()).arg(tag).current_dir(self.repository());
        rehearse.env("XDG_CACHE_HOME", self.0.path().join("cache")).env_remove("BUILD_WORKING_DIRECTORY");
        rehearse
    }
}

/// A job with these permissions and steps, one a line.
pub fn job(id: &str, permissions: &str, steps: &[&str]) -> String {
    let steps = steps.join("\n      - ");
    format!("  {id}:\n    name: A {id}\n    runs-on: x\n    permissions: {permissions}\n    steps:\n      - {steps}\n")
}

/// The built tool. Cargo says at compile time where it is, Bazel in the environment of the test.
fn program() -> PathBuf {
    const VARIABLE: &str = "CARGO_BIN_EXE_rehearse";
    let built = option_env!("CARGO_BIN_EXE_rehearse").map(Path::new).filter(|path| path.exists()).map(Path::to_owned);
    let path = built.or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
    std::path::absolute(path.expect("the test knows where `rehearse` is")).unwrap()
}
