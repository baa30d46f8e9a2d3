//! nginx in front of a registry, as people put it there: with a password, with TLS, with a limit. On a free port, and stopped
//! when the test ends.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use crate::support::environment::PATH;
use crate::support::registry::free_address;

/// What only `octocat` with the password `hunter2` may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Guarded {
    Everything,
    Writing,
}

/// What it does before it passes a request on.
#[derive(Clone, Copy, Default)]
pub struct Front<'a> {
    pub password: Option<Guarded>,
    /// PEM files of a certificate and its key.
    pub tls: Option<(&'a Path, &'a Path)>,
    /// The longest body, in bytes.
    pub limit: Option<u64>,
}

/// A running nginx.
pub struct Nginx {
    process: Child,
    address: String,
    folder: TempDir,
}

impl Nginx {
    /// Stands in front of the server at `upstream`.
    pub fn in_front_of(upstream: &str, front: Front<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, settings(folder.path(), &address, upstream, front)).unwrap();
        std::fs::write(folder.path().join("users"), "octocat:{PLAIN}hunter2\n").unwrap();
        let errors = folder.path().join("errors");
        // Where daemons are, which is on nobody's path but root's.
        let path = format!("{}:/usr/local/sbin:/usr/sbin", std::env::var(PATH).unwrap_or_default());
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&file).arg("-e").arg(&errors).env(PATH, path).stdin(Stdio::null());
        let process = command.spawn();
        let process = process.unwrap_or_else(|error| panic!("cannot start nginx: {error}"));
        let mut nginx = Self { process, address, folder };
        let deadline = Instant::now() + Duration::from_mins(1);
        while std::net::TcpStream::connect(&nginx.address).is_err() {
            let is_alive = nginx.process.try_wait().unwrap().is_none() && Instant::now() < deadline;
            assert!(is_alive, "nginx does not start: {}", std::fs::read_to_string(&errors).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(20));
        }
        nginx
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `METHOD STATUS` of each request so far.
    pub fn log(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
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

/// One process, which writes nothing outside of the folder.
fn settings(folder: &Path, address: &str, upstream: &str, front: Front<'_>) -> String {
    let folder = folder.display();
    // Started by root it would become somebody who may not write there.
    let user = if geteuid().is_root() { "user root;\n" } else { "" };
    let mut text = format!(
        "{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nevents {{}}\nhttp {{\n\
         log_format request '$request_method $status';\naccess_log {folder}/log request;\n"
    );
    for module in ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"] {
        writeln!(text, "{module}_temp_path {folder}/{module};").unwrap();
    }
    let tls = if front.tls.is_some() { " ssl" } else { "" };
    writeln!(text, "server {{\nlisten {address}{tls};\nclient_max_body_size {};", front.limit.unwrap_or(0)).unwrap();
    if let Some((certificate, key)) = front.tls {
        writeln!(text, "ssl_certificate {};\nssl_certificate_key {};", certificate.display(), key.display()).unwrap();
    }
    let password = format!("auth_basic \"who are you?\";\nauth_basic_user_file {folder}/users;");
    let password = match front.password {
        None => String::new(),
        Some(Guarded::Everything) => password,
        Some(Guarded::Writing) => format!("limit_except GET HEAD {{\n{password}\n}}"),
    };
    text + &format!(
        "location / {{\n{password}\nproxy_pass http://{upstream};\nproxy_set_header Host $http_host;\n\
         proxy_set_header X-Forwarded-Proto $scheme;\nproxy_request_buffering off;\n}}\n}}\n}}\n"
    )
}
