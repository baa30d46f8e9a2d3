//! nginx with one server on a free port, in a folder of its own. It is stopped when its value is dropped.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use crate::environment::PATH;
use crate::ports;

/// Far longer than it takes to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where daemons are, which is on nobody's path but root's.
const DAEMONS: &str = "/usr/local/sbin:/usr/sbin";

/// Its log: a method, a path and a status a line.
const LOG: &str = "access.log";

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    process: Child,
    address: String,
    folder: TempDir,
}

impl Nginx {
    /// Starts one, and waits until it listens. `location` gives the directives of its `location /`; it is told the folder.
    pub fn start(location: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::Builder::new().prefix("nginx-").tempdir().expect("a folder");
        let address = format!("127.0.0.1:{}", ports::free());
        let file = folder.path().join("nginx.conf");
        fs::write(&file, settings(folder.path(), &address, &location(folder.path()))).expect("written");
        let error_log = folder.path().join("error.log");
        let process = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .arg("-e")
            .arg(&error_log)
            .env(PATH, format!("{}:{DAEMONS}", std::env::var(PATH).unwrap_or_default()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.path().join("stderr")).expect("a log"))
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start nginx: {error}"));
        let mut nginx = Self { process, address, folder };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(&nginx.address).is_err() {
            let ended = nginx.process.try_wait().expect("waited");
            let is_late = Instant::now() > deadline;
            let log = || fs::read_to_string(&error_log).unwrap_or_default();
            assert!(ended.is_none() && !is_late, "nginx does not answer ({ended:?}):\n{}", log());
            thread::sleep(Duration::from_millis(20));
        }
        nginx
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its own folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `METHOD PATH STATUS` of each request so far.
    pub fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder().join(LOG)).expect("the log");
        log.lines().map(str::to_owned).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Asked to, it stops its workers first; killed, it would leave them behind.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }
}

/// One worker, which writes nothing outside of the folder.
fn settings(folder: &Path, address: &str, location: &str) -> String {
    let folder = folder.display();
    // Started by root it would become somebody who may not write there.
    let user = if geteuid().is_root() { "user root;\n" } else { "" };
    let modules = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"];
    let temporary: Vec<_> = modules.iter().map(|module| format!("{module}_temp_path {folder}/{module};\n")).collect();
    let temporary = temporary.concat();
    format!(
        "{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nevents {{}}\nhttp {{\n\
         log_format request '$request_method $uri $status';\naccess_log {folder}/{LOG} request;\n{temporary}\
         client_max_body_size 0;\nserver {{\nlisten {address};\nlocation / {{\n{location}}}\n}}\n}}\n"
    )
}
