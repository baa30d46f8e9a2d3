//! `make dev` in a copy of the repository, and the edits that it answers to.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tempfile::TempDir;

use crate::command::command;
use crate::{http, ports, workspace};

/// The watcher and the service are compiled first, on a machine that may have other things to do.
const PATIENCE: Duration = Duration::from_mins(15);

/// A service that is run from its sources. It ends with its value.
#[derive(Debug)]
pub struct Development {
    process: Child,
    folder: TempDir,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

impl Development {
    /// Types `make dev` for a service; nothing is waited for.
    pub fn start(service: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("unkey-dev-").tempdir().expect("a folder");
        let port = ports::free();
        workspace::copy_sources(&folder.path().join("sources"));
        let log = File::create(folder.path().join("log")).expect("a log");
        // A shell starts what it puts into the background deaf to interrupts, and that is inherited.
        let mut make = command("env");
        make.current_dir(folder.path().join("sources"));
        make.args(["--default-signal=INT", "make", "dev"])
            .arg(format!("SERVICE={service}"))
            .arg(format!("PORT={port}"));
        // By it, each process would call itself the same.
        make.env_remove("HOSTNAME");
        make.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        let process = make.process_group(0).spawn().expect("started");
        Self { process, folder, address: format!("127.0.0.1:{port}") }
    }

    /// Replaces a text that is there once in a file of the copy.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.sources().join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {file}");
        fs::write(&path, text.replace(from, to)).expect("written");
    }

    /// Waits for an answer of the service that this takes; returns what it makes of it.
    pub fn wait_for<T>(&self, path: &str, take: impl Fn(&Value) -> Option<T>) -> T {
        self.wait(&format!("an answer at {path}"), || {
            let (_, body) = http::get(&self.address, path)?;
            take(&serde_json::from_str(&body).ok()?)
        })
    }

    /// Waits until the log has this text.
    pub fn wait_for_log(&self, text: &str) {
        self.wait(&format!("`{text}` in the log"), || self.log().contains(text).then_some(()));
    }

    fn wait<T>(&self, what: &str, take: impl Fn() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(taken) = take() {
                return taken;
            }
            assert!(Instant::now() < deadline, "there is never {what}:\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What was printed.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).expect("the log")
    }

    /// The copy of the repository.
    pub fn sources(&self) -> PathBuf {
        self.folder.path().join("sources")
    }

    /// Does what Ctrl-C does: the group in the foreground hears of it. Returns how `make` ended.
    pub fn interrupt(&mut self) -> ExitStatus {
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::INT);
        self.process.wait().expect("waited")
    }

    /// The command lines of all processes that have to do with the copy.
    pub fn processes(&self) -> Vec<String> {
        let folder = self.folder.path().to_str().expect("UTF-8").to_owned();
        let entries = fs::read_dir("/proc").expect("processes").flatten();
        let lines = entries.filter_map(|entry| {
            let line = fs::read(entry.path().join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            let runs_there = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| is_below(&cwd, &folder));
            (runs_there || line.contains(&folder)).then_some(line)
        });
        lines.filter(|line| !line.is_empty()).collect()
    }
}

impl Drop for Development {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.interrupt();
        }
    }
}

fn is_below(path: &Path, folder: &str) -> bool {
    path.starts_with(folder)
}
