//! A repository with a small workflow of its own, and a rehearsal of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Stdio};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use rehearse::git::git;
use tempfile::TempDir;

/// The workflow's head. Jobs follow.
const HEAD: &str = r#"
name: Release
on:
  push:
    tags: ["api/v[0-9]+.[0-9]+.[0-9]+*"]
permissions: {}
concurrency: {group: "${{ github.ref }}", cancel-in-progress: false}
defaults: {run: {shell: bash}}
env:
  RELEASE_REGISTRY: registry.example/unkeyed
  TEXT: plain
jobs:
"#;

/// Checks out, as the first step of a job.
pub const CHECKOUT: &str =
    "{name: Check out, uses: actions/checkout@1, with: {fetch-depth: 0, persist-credentials: false}}";

/// A repository, and the folder that a rehearsal keeps its clones in.
pub struct Scene(TempDir);

impl Scene {
    /// With these jobs, each two blanks deep.
    pub fn with(jobs: &str) -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        fs::create_dir(scene.repository()).unwrap();
        git(&scene.repository(), &["init", "--quiet", "--initial-branch=work", "."]).unwrap();
        scene.commit("workflow.yaml", &format!("{HEAD}{jobs}"));
        scene
    }

    /// With one job that has these permissions and steps, one a line.
    pub fn with_steps(permissions: &str, steps: &[&str]) -> Self {
        Self::with(&job("build", &format!("permissions: {permissions}"), steps))
    }

    pub fn repository(&self) -> PathBuf {
        self.0.path().join("repository")
    }

    /// Adds a file.
    pub fn commit(&self, name: &str, text: &str) {
        let path = self.repository().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        git(&self.repository(), &["add", "--all"]).unwrap();
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
        git(&self.repository(), &[&who[..], &["commit", "--quiet", "--message", name]].concat()).unwrap();
    }

    pub fn rehearse(&self, tag: &str) -> Assert {
        self.command(tag).assert()
    }

    /// Where only these programs are.
    pub fn rehearse_with(&self, tag: &str, programs: &[&str]) -> Assert {
        let folder = self.0.path().join("bin");
        fs::create_dir(&folder).unwrap();
        for name in programs {
            let places = ["/usr/local/bin", "/usr/bin", "/bin"].map(|place| Path::new(place).join(name));
            symlink(places.iter().find(|path| path.exists()).unwrap(), folder.join(name)).unwrap();
        }
        self.command(tag).env("PATH", folder).assert()
    }

    /// A new folder beside the repository.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.0.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    }

    /// A rehearsal that is left to itself, with a folder for temporary files.
    pub fn start(&self, tag: &str, temp: &Path) -> Child {
        // A shell starts what it puts into the background deaf to interrupts, and that is inherited.
        let rehearse = self.command(tag);
        let mut command = process::Command::new("env");
        command.arg("--default-signal=INT").arg(rehearse.get_program()).args(rehearse.get_args());
        command.current_dir(self.repository()).env("TMPDIR", temp);
        for (name, value) in rehearse.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn command(&self, tag: &str) -> Command {
        let mut rehearse = program();
        rehearse.args(["--workflow", "workflow.yaml", tag]).current_dir(self.repository());
        rehearse.env("XDG_CACHE_HOME", self.0.path().join("cache")).env_remove("BUILD_WORKING_DIRECTORY");
        rehearse.env("HTTPS_PROXY", "http://proxy.invalid").env("DOCKER_CONFIG", "/nonexistent");
        rehearse
    }
}

/// A job, two blanks deep.
pub fn job(id: &str, more: &str, steps: &[&str]) -> String {
    let steps = steps.join("\n      - ");
    format!(
        "  {id}:\n    name: A {id}\n    runs-on: x\n    timeout-minutes: 5\n    {more}\n    steps:\n      - {steps}\n"
    )
}

pub fn stdout(outcome: &Assert) -> String {
    String::from_utf8(outcome.get_output().stdout.clone()).unwrap()
}

pub fn stderr(outcome: &Assert) -> String {
    String::from_utf8(outcome.get_output().stderr.clone()).unwrap()
}

/// The built tool. Cargo says at compile time where it is, Bazel in the environment of the test.
fn program() -> Command {
    const VARIABLE: &str = "CARGO_BIN_EXE_rehearse";
    let built = option_env!("CARGO_BIN_EXE_rehearse").map(Path::new).filter(|path| path.exists()).map(Path::to_owned);
    let path = built.or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
    Command::new(std::path::absolute(path.expect("the test knows where `rehearse` is")).unwrap())
}
