//! A remote cache for a test: nginx with its DAV module, which speaks Bazel's HTTP protocol for caches, on a free port. It
//! begins empty, lets in who brings its token, and is stopped when the test ends.

use std::fs;

use crate::nginx::Nginx;

/// A running cache with its own disk.
#[derive(Debug)]
pub struct Cache(Nginx);

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
        Self(Nginx::start(|folder| {
            let data = folder.join("data");
            fs::create_dir(&data).expect("a folder");
            format!(
                "root {};\nif ($http_authorization != \"{token}\") {{ return 401; }}\n\
                 dav_methods PUT;\ncreate_full_put_path on;\n",
                data.display()
            )
        }))
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address())
    }

    /// What it was asked for so far.
    pub fn requests(&self) -> Vec<Request> {
        self.0.log().iter().filter_map(|line| request(line)).collect()
    }

    /// How many requests with this method have succeeded.
    pub fn count(&self, method: &str) -> usize {
        let requests = self.requests().into_iter();
        requests.filter(|request| request.method == method && request.status < 300).count()
    }
}

fn request(line: &str) -> Option<Request> {
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path, status) = (words.next()?, words.next()?, words.next()?);
    Some(Request { method, path, status: status.parse().ok()? })
}
