//! The address of a server: what may be typed, and whether it may be spoken to in the clear.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;
use ureq::http::uri::Authority;

use crate::environment::{UNKEY_API_URL, UNKEY_CONTROL_URL};
use crate::error::Error;

/// Where the hosted API is.
pub const DEFAULT_API_URL: &str = "https://api.unkey.com";

/// Which server an address is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The API, which knows the keys.
    Api,
    /// The control API, which takes deployments.
    Control,
}

impl Role {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "Unkey API",
            Self::Control => "Unkey control API",
        }
    }

    /// The flag that names its address.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Api => "--api-url",
            Self::Control => "--control-url",
        }
    }

    /// The variable that names its address.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Api => UNKEY_API_URL,
            Self::Control => UNKEY_CONTROL_URL,
        }
    }
}

/// `https://HOST[:PORT][/PREFIX]`; `http` to this machine alone, because a key goes along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// The address that a user has named; `origin` is the flag, variable or file that it is from.
    ///
    /// # Errors
    /// When it is none, or one that would send a key through a network in the clear.
    pub fn new(text: &str, origin: &str) -> Result<Self, Error> {
        let uri = parse(text).map_err(|reason| Error::Address {
            text: without_user(text),
            origin: origin.to_owned(),
            reason,
        })?;
        if uri.query().is_some() {
            let reason = "it goes on behind a `?`, which no address does".to_owned();
            return Err(Error::Address { text: without_user(text), origin: origin.to_owned(), reason });
        }
        let text = text.trim().trim_end_matches('/').to_owned();
        if uri.scheme_str() == Some("http") && !is_this_machine(uri.host().unwrap_or_default()) {
            return Err(Error::PlainHttp { url: text });
        }
        Ok(Self(text))
    }

    /// The hosted API's.
    #[must_use]
    pub fn hosted() -> Self {
        Self(DEFAULT_API_URL.to_owned())
    }

    /// The URL of a path, which begins with `/`.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Its text, without `/` at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both lead to the same server: scheme, host and port are the same.
    #[must_use]
    pub fn is_same_server(&self, other: &Self) -> bool {
        server(&self.0) == server(&other.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A URL with a scheme that is spoken here, a host, and no user.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Uri, String> {
    // A `Uri` drops what is behind a `#`, and with it the path that comes to stand there.
    if text.contains('#') {
        return Err("it goes on behind a `#`, which no address does".to_owned());
    }
    if !text.is_ascii() {
        return Err("it has letters that are not ASCII: write such a host as `xn--...`".to_owned());
    }
    let uri: Uri = text.trim().parse().map_err(|error| format!("{error}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("it must begin with `https://`".to_owned());
    }
    let authority = uri.authority().map(Authority::as_str).unwrap_or_default();
    if authority.contains('@') {
        return Err("a user or a password has no place in it".to_owned());
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err("it names no host".to_owned());
    }
    let port = authority.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err("its port is none".to_owned());
    }
    Ok(uri)
}

/// Whether a host is this machine itself, by its name or its number.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let number = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || number.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn server(url: &str) -> Option<(String, String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_owned();
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    Some((scheme, uri.host()?.to_ascii_lowercase(), port))
}

/// The text without what stands in front of an `@`, which may be a password.
#[must_use]
pub fn without_user(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://***@{rest}"),
        (None, Some((_, rest))) => format!("***@{rest}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_typed() {
        for (text, expected) in [
            ("https://api.unkey.com", "https://api.unkey.com"),
            ("https://example.com:8443/unkey/", "https://example.com:8443/unkey"),
            ("http://127.0.0.1:7070/", "http://127.0.0.1:7070"),
            ("http://LocalHost:7070", "http://LocalHost:7070"),
            ("http://[::1]:7070", "http://[::1]:7070"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(Address::new(text, "--api-url").unwrap().as_str(), expected);
        }
    }

    #[test]
    fn what_is_refused_is_named_without_its_password() {
        for text in [
            "",
            "api.unkey.com",
            "ftp://a",
            "https://",
            "https://a?b",
            "https://u:hunter2@a",
            "https://a:99999",
            "a b",
            "https://a#b",
            "https://u:hunter2@a#b",
            "https://bücher.example",
        ] {
            let error = Address::new(text, "UNKEY_API_URL").unwrap_err().to_string();
            assert!(error.contains("UNKEY_API_URL") && !error.contains("hunter2"), "{error}");
        }
        for text in ["http://api.unkey.com", "http://10.0.0.1:7070", "http://localhost.example.com"] {
            let error = Address::new(text, "--api-url").unwrap_err();
            assert!(matches!(error, Error::PlainHttp { .. }), "{error}");
        }
    }

    #[test]
    fn one_server_has_one_scheme_host_and_port() {
        let address = |text: &str| Address::new(text, "").unwrap();
        for (one, other, expected) in [
            ("https://a", "https://A:443/b", true),
            ("https://a", "https://a:444", false),
            ("https://a", "https://b", false),
            ("http://localhost", "https://localhost", false),
        ] {
            assert_eq!(address(one).is_same_server(&address(other)), expected, "{one} {other}");
        }
    }
}
