//! A remote cache for a test: nginx with its DAV module, which speaks Bazel's HTTP protocol for caches. It begins empty, lets
//! in who brings its token, and is stopped when the test ends.

use crate::nginx::{Nginx, Request};

/// A running cache with its own disk.
#[derive(Debug)]
pub struct Cache(Nginx);

impl Cache {
    /// Starts one.
    pub fn start(token: &str) -> Self {
        let server = format!(
            "client_max_body_size 0;\nroot data;\nlocation / {{\n\
             if ($http_authorization != \"{token}\") {{ return 401; }}\n\
             dav_methods PUT;\ncreate_full_put_path on;\n}}\n"
        );
        Self(Nginx::start("", &server, &[("data/begins", "empty")]))
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address())
    }

    /// What it was asked for so far: `/ac/...` for what an action gave, `/cas/...` for a file.
    pub fn requests(&self) -> Vec<Request> {
        self.0.requests()
    }

    /// How many requests with this method have succeeded.
    pub fn count(&self, method: &str) -> usize {
        let requests = self.requests().into_iter();
        requests.filter(|request| request.method == method && request.status < 300).count()
    }
}
