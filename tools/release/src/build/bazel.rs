//! The one way to Bazel: the wrapper of the work tree that is built, so that every commit is built by its own Bazel.
//!
//! Owns how it is started, and which of its answers mean that it was interrupted. What is asked of it is the callers'.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

use super::BuildError;
use crate::interruption::{self, Interrupted, process};

/// Options with which it prints nothing but answers and errors.
pub const QUIET: [&str; 3] = ["--noshow_progress", "--ui_event_filters=-info,-debug,-warning", "--color=no"];

/// How Bazel ends when it was interrupted ("What exit code will I get?").
const INTERRUPTED: i32 = 8;

/// Bazel in one work tree.
#[derive(Debug, Clone)]
pub struct Bazel {
    root: PathBuf,
    startup_options: Vec<OsString>,
}

impl Bazel {
    /// In the work tree with this root.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::with_startup_options(root, Vec::new())
    }

    /// The same, with options that stand before each command.
    #[must_use]
    pub fn with_startup_options(root: impl Into<PathBuf>, startup_options: Vec<OsString>) -> Self {
        Self { root: root.into(), startup_options }
    }

    /// The work tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Runs a command for what it prints. Getting Bazel can take minutes: whoever waits sees its messages.
    ///
    /// # Errors
    /// When it cannot be started, or was interrupted.
    pub fn output(&self, arguments: &[&str]) -> Result<Output, BuildError> {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped());
        self.finish(command)
    }

    /// Runs a command for what it does. All that it prints goes to stderr: stdout is for the caller's own data.
    ///
    /// # Errors
    /// As `output`.
    pub fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<ExitStatus, BuildError> {
        let mut command = self.command(arguments);
        command.stdout(io::stderr()).envs(environment.iter().copied());
        Ok(self.finish(command)?.status)
    }

    fn finish(&self, command: Command) -> Result<Output, BuildError> {
        let error = |source| BuildError::Start { program: self.program(), source };
        let output = process::run(command, &[]).map_err(error)?;
        if !output.status.success() {
            interruption::settle();
        }
        if output.status.code() == Some(INTERRUPTED) {
            interruption::begin();
        }
        interruption::check().map(|()| output).map_err(|interrupted: Interrupted| error(interrupted.into()))
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
}
