//! Runs programs as a user does, from the repository's root, and says all that is known when one ends in another way
//! than it should.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::geteuid;

use crate::environment;
use crate::workspace;

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit status; none where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
    /// From its start to its end.
    pub took: Duration,
    /// What was typed.
    line: String,
}

/// A program that will run in the repository's root with no variable that changes what the recipes or Bazel do.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root());
    for variable in environment::MAKE_VARIABLES.iter().chain(&environment::BAZEL_VARIABLES) {
        command.env_remove(variable);
    }
    command
}

/// `unshare`, with what an ordinary user needs to make namespaces.
pub fn unshare() -> Command {
    let mut unshare = command("unshare");
    if !geteuid().is_root() {
        unshare.arg("--map-root-user");
    }
    unshare
}

/// `make` with these arguments.
pub fn make<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
    ended(command("make").args(arguments))
}

/// Runs a program until it ends of itself.
pub fn ended(command: &mut Command) -> Ended {
    let line = format!("{command:?}");
    let started = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("cannot start {line}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        took: started.elapsed(),
        line,
    }
}

/// What a program prints on stdout, without the white space around it; it has to succeed.
pub fn stdout(command: &mut Command) -> String {
    ended(command).succeeded().stdout.trim().to_owned()
}

impl Ended {
    /// Itself, if the program exited with 0.
    pub fn succeeded(self) -> Self {
        self.exited(0)
    }

    /// Itself, if the program exited with this status.
    pub fn exited(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.report());
        self
    }

    /// Itself, if the program was `make` and its recipe exited with this status: make's own is always 2.
    pub fn recipe_exited(self, code: i32) -> Self {
        self.exited(2).complains(&[&format!("] Error {code}")])
    }

    /// Itself, if stderr has each of these parts.
    pub fn complains(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "no `{part}` on stderr of {}", self.report());
        }
        self
    }

    /// Itself, if stderr has none of these parts.
    pub fn lacks(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(!self.stderr.contains(part), "`{part}` is on stderr of {}", self.report());
        }
        self
    }

    /// All that is known, for the message of a failed test.
    pub fn report(&self) -> String {
        let Self { code, stdout, stderr, took, line } = self;
        let seconds = took.as_secs_f32();
        format!("{line}\n--- exit status {code:?} after {seconds:.1} s\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}
