//! A service under test: started with port 0 and a log in JSON, which says where it listens.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// An emulated service on a busy machine takes seconds; only a failed test waits this long.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running service; killed when the test is over.
#[derive(Debug)]
pub struct Service {
    process: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    log: Receiver<String>,
}

/// A configuration for a service that listens on `address`.
pub fn config(address: &str) -> String {
    format!("region = \"local\"\nlisten = \"{address}\"\nlogging.format = \"json\"\n")
}

impl Service {
    /// Starts a command line in a folder, and waits until the service listens.
    pub fn start(folder: &Path, line: &[&str]) -> Self {
        Self::start_with(folder, line, &[])
    }

    /// The same with these variables.
    pub fn start_with(folder: &Path, line: &[&str], environment: &[(String, String)]) -> Self {
        let mut process = Command::new(line[0])
            .args(&line[1..])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {line:?}: {error}"));
        let stderr = BufReader::new(process.stderr.take().expect("piped"));
        let (sender, log) = mpsc::channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut service = Self { process, address: String::new(), log };
        service.address = service.wait_for_address();
        service
    }

    /// Sends SIGTERM and waits for the end: the exit status.
    pub fn terminate(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.process), Signal::TERM).expect("sent");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().expect("waited") {
                return status.code();
            }
            assert!(Instant::now() < deadline, "still running after SIGTERM");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn wait_for_address(&self) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            let line =
                self.log.recv_timeout(rest).unwrap_or_else(|error| panic!("it does not listen: {error}: {seen:#?}"));
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if event["message"] == "listening" {
                return event["address"].as_str().expect("an address").to_owned();
            }
            seen.push(line);
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
