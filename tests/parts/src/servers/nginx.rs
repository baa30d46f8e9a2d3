//! nginx on a free port, with all that it writes in a folder of its own. It is stopped when its value is dropped.

use std::env;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::environment::PATH;
use crate::files::write;
use crate::ports;
use crate::process::Process;

/// Its log: a method, a path and a status a line.
const LOG: &str = "access.log";

/// A request that it has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// What it was answered with.
    pub status: u16,
}

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    /// Held to be stopped.
    _process: Process,
    address: String,
    folder: TempDir,
}

impl Nginx {
    /// Starts one that listens with these options, such as `ssl`, and waits until it does. `server` are the settings of its
    /// server, in which paths are relative to its folder; `files` are there, by name.
    pub fn start(options: &str, server: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("nginx-").tempdir().expect("a folder");
        let address = ports::free_address();
        for (name, text) in files {
            write(&folder.path().join(name), text);
        }
        // Started by root it would become somebody who may not write there.
        let user = if geteuid().is_root() { "user root;\n" } else { "" };
        let modules = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"];
        let modules = modules.map(|module| format!("{module}_temp_path {module};\n")).concat();
        let settings = format!(
            "{user}daemon off;\nworker_processes 1;\npid pid;\nevents {{}}\nhttp {{\n\
             log_format request '$request_method $uri $status';\naccess_log {LOG} request;\n{modules}\
             server {{\nlisten {address} {options};\n{server}}}\n}}\n"
        );
        fs::write(folder.path().join("nginx.conf"), settings).expect("written");
        let mut nginx = Command::new("nginx");
        // Where daemons are, which is on nobody's path but root's.
        nginx.env(PATH, format!("{}:/usr/local/sbin:/usr/sbin", env::var(PATH).unwrap_or_default()));
        nginx.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
        let listens = || TcpStream::connect(&address).is_ok();
        let process = Process::start(&mut nginx, &folder.path().join("error.log"), listens);
        Self { _process: process, address, folder }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it was asked for so far.
    pub fn requests(&self) -> Vec<Request> {
        let log = fs::read_to_string(self.folder.path().join(LOG)).expect("the log");
        let request = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            let (method, path, status) = (words.next()?, words.next()?, words.next()?);
            Some(Request { method, path, status: status.parse().ok()? })
        };
        log.lines().filter_map(request).collect()
    }
}
