//! A Docker daemon: the machine's where one answers, else one of the test's own, stopped when the test ends.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::mount::{UnmountFlags, unmount};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::command::{Ended, command, ended};
use crate::environment::DOCKER_HOST;

/// Where the machine's daemon listens.
const MACHINE: &str = "unix:///var/run/docker.sock";

/// dockerd starts a containerd first, and shuts down every container at its end.
const PATIENCE: Duration = Duration::from_mins(1);

/// A daemon that answers.
#[derive(Debug)]
pub struct Docker {
    host: String,
    /// None where the daemon is the machine's.
    own: Option<Own>,
}

/// A daemon that was started for a test.
#[derive(Debug)]
struct Own {
    process: Child,
    folder: TempDir,
}

impl Docker {
    /// The machine's daemon, or a new one.
    pub fn connect() -> Self {
        let configured = env::var(DOCKER_HOST).ok().filter(|host| !host.is_empty());
        let machine = configured.unwrap_or_else(|| MACHINE.to_owned());
        if answers(&machine) {
            return Self { host: machine, own: None };
        }
        Self::start()
    }

    /// `docker` with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.point(command("docker").args(arguments)))
    }

    /// Leads a command to this daemon.
    pub fn point<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env(DOCKER_HOST, &self.host)
    }

    /// One that has its files in a folder of its own and leaves the machine's network alone: containers use the host's.
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("dockerd-").tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let host = format!("unix://{}", path("docker.sock").display());
        let log = File::create(path("log")).expect("a log");
        let process = Command::new("dockerd")
            .arg("--data-root")
            .arg(path("data"))
            .arg("--exec-root")
            .arg(path("exec"))
            .arg("--pidfile")
            .arg(path("pid"))
            .args(["--host", &host, "--iptables=false", "--ip6tables=false", "--bridge=none"])
            // Works on every file system, also on an overlay; the images are small.
            .args(["--storage-driver", "vfs"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("no Docker daemon answers, and dockerd cannot be started: {error}"));
        let mut own = Own { process, folder };
        own.wait(&host);
        Self { host, own: Some(own) }
    }
}

impl Own {
    fn wait(&mut self, host: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !answers(host) {
            let ended = self.process.try_wait().expect("waited");
            let is_late = Instant::now() > deadline;
            assert!(ended.is_none() && !is_late, "dockerd does not answer ({ended:?}):\n{}", self.log());
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        let Some(own) = &mut self.own else { return };
        if thread::panicking() {
            eprintln!("the log of dockerd:\n{}", own.log());
        }
        let _ = kill_process(Pid::from_child(&own.process), Signal::TERM);
        let deadline = Instant::now() + PATIENCE;
        while matches!(own.process.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }
        // Where it has ended already this does nothing.
        let _ = own.process.kill();
        let _ = own.process.wait();
        release_namespaces(&own.folder.path().join("exec/netns"));
    }
}

/// A network namespace that dockerd has mounted outlives it, and a folder with a mount in it cannot be removed.
fn release_namespaces(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in files.map(|file| file.path()).collect::<Vec<PathBuf>>() {
        let _ = unmount(&path, UnmountFlags::DETACH);
    }
}

fn answers(host: &str) -> bool {
    let output = Command::new("docker")
        .args(["--host", host, "version", "--format", "{{.Server.Version}}"])
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("cannot start docker: {error}"));
    output.status.success()
}
