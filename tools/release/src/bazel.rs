//! The one way to Bazel: the wrapper of the work tree that is built, so that every commit is built by its own Bazel.
//!
//! Owns how it is started. What is asked of it is the callers'.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

/// The wrapper cannot be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot run `{program}`")]
pub struct BazelError {
    program: PathBuf,
    #[source]
    source: io::Error,
}

/// Bazel in one work tree.
#[derive(Debug, Clone)]
pub struct Bazel {
    root: PathBuf,
    startup_options: Vec<String>,
}

impl Bazel {
    /// In the work tree with this root.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), startup_options: Vec::new() }
    }

    /// The same, with all that it builds in a folder that the caller removes.
    #[must_use]
    pub fn with_output_base(root: impl Into<PathBuf>, output_base: &Path) -> Self {
        let option = format!("--output_base={}", output_base.display());
        Self { root: root.into(), startup_options: vec![option] }
    }

    /// The work tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Runs a command for what it prints. Getting Bazel can take minutes: whoever waits sees its messages.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn output(&self, arguments: &[&str]) -> Result<Output, BazelError> {
        let mut command = self.command(arguments);
        command.stderr(Stdio::inherit()).output().map_err(|source| self.error(source))
    }

    /// Runs a command for what it does. All that it prints goes to stderr: stdout is for the caller's own data.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<ExitStatus, BazelError> {
        let mut command = self.command(arguments);
        command.stdout(io::stderr()).envs(environment.iter().copied());
        command.status().map_err(|source| self.error(source))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        command.current_dir(&self.root).args(&self.startup_options).args(arguments).stdin(Stdio::null());
        command
    }

    fn program(&self) -> PathBuf {
        self.root.join("bazelw")
    }

    fn error(&self, source: io::Error) -> BazelError {
        BazelError { program: self.program(), source }
    }
}
