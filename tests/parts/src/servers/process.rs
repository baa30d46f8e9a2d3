//! A server that a test starts: it is waited for until it answers, and stopped when its value is dropped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Far longer than a server takes to start or to stop, on a machine that may have other things to do.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program, whose stderr goes into the file `log`, and waits until it answers.
    pub fn start(command: &mut Command, log: &Path, answers: impl Fn() -> bool) -> Self {
        let stderr = File::create(log).expect("a log");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn();
        let child = child.unwrap_or_else(|error| panic!("cannot start {}: {error}", command.get_program().display()));
        // Owned before it answers, so that a failure below stops it.
        let mut process = Self { child, log: log.to_owned() };
        let deadline = Instant::now() + PATIENCE;
        while !answers() {
            let ended = process.child.try_wait().expect("waited");
            let is_late = Instant::now() > deadline;
            assert!(ended.is_none() && !is_late, "{command:?} does not answer ({ended:?}):\n{}", process.log());
            thread::sleep(Duration::from_millis(20));
        }
        process
    }

    /// What it has written to stderr.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to stop, so that it stops what it has started, and kills it if it does not. A second time does nothing.
    pub fn stop(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        }
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    #[expect(clippy::print_stderr, reason = "a test that fails shows it")]
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the log of a server of the test:\n{}", self.log());
        }
        self.stop();
    }
}
