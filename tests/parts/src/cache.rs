//! A remote cache for a test: nginx with its DAV module, which speaks Bazel's HTTP protocol for caches, on a free port. It
//! begins empty, lets in who brings its token, and is stopped when the test ends.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use crate::{http, ports};

/// Far longer than it takes to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Its log: a method, a path and a status a line.
const LOG: &str = "access.log";

/// A running cache with its own disk.
#[derive(Debug)]
pub struct Cache {
    process: Child,
    address: String,
    folder: TempDir,
}

/// A request to a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `PUT`.
    pub method: String,
    /// `/ac/...` for what an action gave, `/cas/...` for a file.
    pub path: String,
    /// What it was answered with.
    pub status: u16,
}

impl Cache {
    /// Starts one, and waits until it answers.
    pub fn start(token: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("cache-").tempdir().expect("a folder");
        let address = format!("127.0.0.1:{}", ports::free());
        let file = folder.path().join("nginx.conf");
        fs::create_dir(folder.path().join("data")).expect("a folder");
        fs::write(&file, settings(folder.path(), &address, token)).expect("written");
        let error_log = folder.path().join("error.log");
        let process = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .arg("-e")
            .arg(&error_log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.path().join("stderr")).expect("a log"))
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start nginx: {error}"));
        let mut cache = Self { process, address, folder };
        let deadline = Instant::now() + PATIENCE;
        while http::get(&cache.address, "/").is_none() {
            let ended = cache.process.try_wait().expect("waited");
            let is_late = Instant::now() > deadline;
            let log = || fs::read_to_string(&error_log).unwrap_or_default();
            assert!(ended.is_none() && !is_late, "the cache does not answer ({ended:?}):\n{}", log());
            thread::sleep(Duration::from_millis(20));
        }
        cache
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked for so far, but for its start.
    pub fn requests(&self) -> Vec<Request> {
        let log = fs::read_to_string(self.folder.path().join(LOG)).expect("the log");
        let requests = log.lines().filter_map(request);
        requests.filter(|request| request.path != "/").collect()
    }

    /// How many requests with this method have succeeded.
    pub fn count(&self, method: &str) -> usize {
        let requests = self.requests().into_iter();
        requests.filter(|request| request.method == method && request.status < 300).count()
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        // Asked to, it stops its workers first; killed, it would leave them behind.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }
}

/// One process, which writes nothing outside of the folder.
fn settings(folder: &Path, address: &str, token: &str) -> String {
    let folder = folder.display();
    // Started by root it would become somebody who may not write there.
    let user = if geteuid().is_root() { "user root;\n" } else { "" };
    let unused = ["fastcgi", "proxy", "scgi", "uwsgi"];
    let unused: Vec<_> = unused.iter().map(|module| format!("    {module}_temp_path {folder}/{module};\n")).collect();
    let unused = unused.concat();
    format!(
        "{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nevents {{}}\nhttp {{\n\
         \x20   log_format request '$request_method $uri $status';\n\
         \x20   access_log {folder}/{LOG} request;\n\
         \x20   client_body_temp_path {folder}/body;\n{unused}\
         \x20   client_max_body_size 0;\n\
         \x20   server {{\n\
         \x20       listen {address};\n\
         \x20       root {folder}/data;\n\
         \x20       location / {{\n\
         \x20           if ($http_authorization != \"{token}\") {{ return 401; }}\n\
         \x20           dav_methods PUT;\n\
         \x20           create_full_put_path on;\n\
         \x20       }}\n    }}\n}}\n"
    )
}

fn request(line: &str) -> Option<Request> {
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path, status) = (words.next()?, words.next()?, words.next()?);
    Some(Request { method, path, status: status.parse().ok()? })
}
