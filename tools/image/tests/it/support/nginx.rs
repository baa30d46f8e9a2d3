//! nginx in front of a registry, as people put it there: with a password, with TLS, with a limit. On a free port, and stopped
//! when the test ends.

use std::fmt::Write as _;
use std::path::Path;

use parts::nginx::Nginx;

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

/// Stands in front of the server at `upstream`.
pub fn in_front_of(upstream: &str, front: Front<'_>) -> Nginx {
    let mut server = format!("client_max_body_size {};\n", front.limit.unwrap_or(0));
    if let Some((certificate, key)) = front.tls {
        let (certificate, key) = (certificate.display(), key.display());
        write!(server, "ssl_certificate {certificate};\nssl_certificate_key {key};\n").unwrap();
    }
    let password = "auth_basic \"who are you?\";\nauth_basic_user_file users;\n";
    let password = match front.password {
        None => String::new(),
        Some(Guarded::Everything) => password.to_owned(),
        Some(Guarded::Writing) => format!("limit_except GET HEAD {{\n{password}}}\n"),
    };
    write!(
        server,
        "location / {{\n{password}proxy_pass http://{upstream};\nproxy_set_header Host $http_host;\n\
         proxy_set_header X-Forwarded-Proto $scheme;\nproxy_request_buffering off;\n}}\n"
    )
    .unwrap();
    Nginx::start(if front.tls.is_some() { "ssl" } else { "" }, &server, &[("users", "octocat:{PLAIN}hunter2\n")])
}
