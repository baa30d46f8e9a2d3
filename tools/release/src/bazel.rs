//! The one way to Bazel: the wrapper of the work tree that is built, so that every commit is built by its own Bazel.
//!
//! Owns how it is started, and that none goes on when nobody waits for it. What is asked of it is the callers'.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

/// How long one that was started may take to end by itself: Ctrl-C in a terminal reaches it too, and a second one would make it
/// leave in a hurry.
const GRACE: Duration = Duration::from_secs(1);

/// How long one that was asked to end may take for that.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);

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
    /// When it cannot be started.
    pub fn output(&self, arguments: &[&str]) -> Result<Output, BazelError> {
        let mut command = self.command(arguments);
        command.stderr(Stdio::inherit()).output().map_err(|source| self.error(source))
    }

    /// Runs a command for what it does. All that it prints goes to stderr: stdout is for the caller's own data. Who stops waiting
    /// ends it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<ExitStatus, BazelError> {
        let mut command = self.command(arguments);
        command.stdout(io::stderr()).envs(environment.iter().copied());
        let mut command = tokio::process::Command::from(command);
        let mut running = Running(command.spawn().map_err(|source| self.error(source))?);
        running.0.wait().await.map_err(|source| self.error(source))
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

/// A Bazel that may still be at work.
struct Running(Child);

impl Running {
    fn has_ended_in(&mut self, time: Duration) -> bool {
        let start = Instant::now();
        loop {
            // One that cannot be looked at cannot be waited for either.
            if !matches!(self.0.try_wait(), Ok(None)) {
                return true;
            }
            if start.elapsed() >= time {
                return false;
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has no number any more when it was waited for.
        let Some(process) = self.0.id().and_then(|id| Pid::from_raw(id.cast_signed())) else { return };
        if self.has_ended_in(GRACE) {
            return;
        }
        // As Ctrl-C does: its server gives up what it builds, and is there for the next command.
        let _ = kill_process(process, Signal::INT);
        if !self.has_ended_in(PATIENCE) {
            let _ = self.0.start_kill();
        }
    }
}
