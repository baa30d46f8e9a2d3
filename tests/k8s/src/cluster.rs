//! etcd and an API server, on free ports of this machine and with their files in a folder of their own.

use std::env;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use parts::command::{Ended, command, ended};
use parts::ports;
use serde_json::Value;
use tempfile::TempDir;

/// Names the program of the API server; tests/k8s/run.sh sets it.
const KUBE_APISERVER: &str = "KUBE_APISERVER";

/// What the client shows to be let in as an administrator.
const TOKEN: &str = "administrator";

/// Only a failed test waits this long.
const PATIENCE: Duration = Duration::from_mins(2);

/// What answers as a cluster does. It ends with its value.
pub struct Cluster {
    folder: TempDir,
    url: String,
    processes: Vec<Child>,
}

impl Cluster {
    /// Starts both and waits until the server is ready.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("unkey-k8s-").tempdir().expect("a folder");
        let port = ports::free();
        let url = format!("https://127.0.0.1:{port}");
        let mut cluster = Self { folder, url, processes: Vec::new() };
        let etcd = format!("http://127.0.0.1:{}", ports::free());
        cluster.spawn("etcd", &mut etcd_command(cluster.path(), &etcd));
        cluster.spawn("server", &mut server_command(cluster.path(), &etcd, port));
        let deadline = Instant::now() + PATIENCE;
        while cluster.kubectl(&["get", "--raw", "/readyz"]).code != Some(0) {
            assert!(Instant::now() < deadline, "the server is not ready:\n{}", cluster.log("server"));
            thread::sleep(Duration::from_millis(200));
        }
        cluster
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn spawn(&mut self, name: &str, command: &mut Command) {
        let log = File::create(self.path().join(name)).expect("a log");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        let process = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        self.processes.push(process);
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    /// `kubectl` with these arguments.
    pub fn kubectl(&self, arguments: &[&str]) -> Ended {
        let mut kubectl = command("kubectl");
        // Without the user's own clusters, and without a cache of another server's schemas.
        kubectl.env("KUBECONFIG", "/dev/null").env("KUBECACHEDIR", self.path().join("cache"));
        kubectl.args(["--server", &self.url, "--token", TOKEN, "--insecure-skip-tls-verify"]);
        ended(kubectl.args(arguments))
    }

    /// Applies manifests as users should: the server compares and decides.
    pub fn apply(&self, manifests: &str) -> Ended {
        let file = self.path().join("manifests.yaml");
        fs::write(&file, manifests).expect("written");
        self.kubectl(&["apply", "--server-side", "--filename", file.to_str().expect("UTF-8")])
    }

    /// What the server has.
    pub fn get(&self, arguments: &[&str]) -> Value {
        let got = self.kubectl(&[&["get", "--output", "json"], arguments].concat()).succeeded();
        serde_json::from_str(&got.stdout).expect("JSON")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn etcd_command(folder: &Path, url: &str) -> Command {
    let mut etcd = Command::new("etcd");
    etcd.arg("--data-dir").arg(folder.join("data"));
    etcd.args(["--listen-client-urls", url, "--advertise-client-urls", url]);
    let peer = format!("http://127.0.0.1:{}", ports::free());
    etcd.args(["--listen-peer-urls", &peer, "--unsafe-no-fsync"]);
    etcd
}

fn server_command(folder: &Path, etcd: &str, port: u16) -> Command {
    let key = folder.join("service-accounts.pem");
    let made = command("openssl").args(["genrsa", "-out"]).arg(&key).arg("2048").output().expect("openssl");
    assert!(made.status.success(), "{made:?}");
    let tokens = folder.join("tokens.csv");
    fs::write(&tokens, format!("{TOKEN},administrator,1,system:masters\n")).expect("written");
    let program = env::var_os(KUBE_APISERVER).expect("make test-k8s says where the API server is");
    let mut server = Command::new(program);
    server.args(["--etcd-servers", etcd, "--bind-address=127.0.0.1", "--secure-port", &port.to_string()]);
    server.arg("--cert-dir").arg(folder.join("certificates"));
    server.arg("--service-account-key-file").arg(&key).arg("--service-account-signing-key-file").arg(&key);
    server.args(["--service-account-issuer=https://unkey.test", "--authorization-mode=RBAC"]);
    server.arg("--token-auth-file").arg(&tokens);
    // So that it is the namespace that refuses a privileged pod.
    server.arg("--allow-privileged=true");
    // There is no controller that would make accounts and their tokens.
    server.args(["--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount"]);
    server
}
