//! A daemon that keeps images: the machine's Docker where one answers, else one of the test's own, stopped when the test
//! ends. Podman counts: it speaks Docker's language.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::mount::{UnmountFlags, unmount};
use tempfile::TempDir;

use crate::command::{Ended, command, ended};
use crate::environment::{DOCKER_CERT_PATH, DOCKER_HOST, DOCKER_TLS_VERIFY};
use crate::ports;
use crate::process::Process;

/// Where the machine's daemon listens.
const MACHINE: &str = "unix:///var/run/docker.sock";

/// How a daemon keeps its images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Docker's own.
    Classic,
    /// containerd's, by Docker.
    Containerd,
    /// Podman's.
    Podman,
}

/// A daemon that answers.
#[derive(Debug)]
pub struct Docker {
    host: String,
    /// The folder with `ca.pem`, `cert.pem` and `key.pem`, where the daemon wants to see them.
    certificates: Option<PathBuf>,
    /// Held to be stopped; none where the daemon is the machine's.
    _own: Option<Own>,
}

/// A daemon that was started for a test.
#[derive(Debug)]
struct Own {
    process: Process,
    folder: TempDir,
}

impl Docker {
    /// The machine's daemon, or a new one.
    pub fn connect() -> Self {
        let configured = env::var(DOCKER_HOST).ok().filter(|host| !host.is_empty());
        let machine = configured.unwrap_or_else(|| MACHINE.to_owned());
        if answers(&machine, None) {
            return Self { host: machine, certificates: None, _own: None };
        }
        Self::start(Store::Classic)
    }

    /// `docker` with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.point(command("docker").args(arguments)))
    }

    /// Leads a command to this daemon.
    pub fn point<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        prove(command, self.certificates.as_deref()).env(DOCKER_HOST, &self.host)
    }

    /// Where it listens, for `DOCKER_HOST`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// One that has its files in a folder of its own and leaves the machine's network alone: containers use the host's.
    pub fn start(store: Store) -> Self {
        let folder = tempfile::Builder::new().prefix("daemon-").tempdir().expect("a folder");
        let host = format!("unix://{}", folder.path().join("daemon.sock").display());
        let command = match store {
            Store::Classic | Store::Containerd => dockerd(folder.path(), &host, store),
            Store::Podman => podman(folder.path(), &host),
        };
        Self::run_daemon(command, folder, host, None)
    }

    /// Docker's, behind TLS on a port of this machine. `certificates` has `ca.pem`, `server.pem` and `server-key.pem` for the
    /// daemon, `cert.pem` and `key.pem` for who speaks to it.
    pub fn start_behind_tls(certificates: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("daemon-").tempdir().expect("a folder");
        let host = format!("tcp://127.0.0.1:{}", ports::free());
        let mut command = dockerd(folder.path(), &host, Store::Classic);
        command.arg("--tlsverify");
        for (option, name) in [("--tlscacert", "ca.pem"), ("--tlscert", "server.pem"), ("--tlskey", "server-key.pem")] {
            command.arg(option).arg(certificates.join(name));
        }
        Self::run_daemon(command, folder, host, Some(certificates.to_owned()))
    }

    fn run_daemon(mut command: Command, folder: TempDir, host: String, certificates: Option<PathBuf>) -> Self {
        let log = folder.path().join("log");
        let process = Process::start(&mut command, &log, || answers(&host, certificates.as_deref()));
        Self { host, certificates, _own: Some(Own { process, folder }) }
    }
}

fn dockerd(folder: &Path, host: &str, store: Store) -> Command {
    let is_containerd = store == Store::Containerd;
    let settings = serde_json::json!({"features": {"containerd-snapshotter": is_containerd}});
    fs::write(folder.join("daemon.json"), settings.to_string()).expect("written");
    let mut command = Command::new("dockerd");
    for (option, name) in
        [("--config-file", "daemon.json"), ("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "pid")]
    {
        command.arg(option).arg(folder.join(name));
    }
    command.args(["--host", host, "--iptables=false", "--ip6tables=false", "--bridge=none"]);
    // Works on every file system, also on an overlay; the images are small.
    command.args(["--storage-driver", if is_containerd { "native" } else { "vfs" }]);
    command
}

fn podman(folder: &Path, host: &str) -> Command {
    let mut command = Command::new("podman");
    command.arg("--root").arg(folder.join("data")).arg("--runroot").arg(folder.join("exec"));
    command.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "system", "service", "--time", "0", host]);
    command
}

impl Drop for Own {
    fn drop(&mut self) {
        self.process.stop();
        release_namespaces(&self.folder.path().join("exec/netns"));
    }
}

/// A network namespace that dockerd has mounted outlives it, and a folder with a mount in it cannot be removed.
fn release_namespaces(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in files.map(|file| file.path()).collect::<Vec<PathBuf>>() {
        let _ = unmount(&path, UnmountFlags::DETACH);
    }
}

fn answers(host: &str, certificates: Option<&Path>) -> bool {
    let mut command = Command::new("docker");
    command.args(["--host", host, "version", "--format", "{{.Server.Version}}"]).stdin(Stdio::null());
    let output = prove(&mut command, certificates).output();
    output.unwrap_or_else(|error| panic!("cannot start docker: {error}")).status.success()
}

/// Has a command speak TLS, where there is something to speak it with.
fn prove<'a>(command: &'a mut Command, certificates: Option<&Path>) -> &'a mut Command {
    if let Some(folder) = certificates {
        command.env(DOCKER_TLS_VERIFY, "1").env(DOCKER_CERT_PATH, folder);
    }
    command
}
