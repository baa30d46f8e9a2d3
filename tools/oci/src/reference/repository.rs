//! A registry's repository: its name, and the scheme by which it is reached.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::Serialize;

use crate::Error;

/// The longest repository name with its host, in bytes: clients and registries agree on this limit.
const NAME_LIMIT: usize = 255;

/// A repository with its registry: `ghcr.io/unkeyed/api`. Has neither tag nor digest.
///
/// `https://` and, on this machine, `http://` may stand in front of it; they are part of how it is reached, not of its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    scheme: Scheme,
    host: String,
    path: String,
}

/// How a registry is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// In the clear, with this machine only.
    Http,
    /// Encrypted, with a server that proves who it is.
    Https,
}

impl Scheme {
    /// As it stands in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// What was typed in front of `://`, and what comes behind it.
    fn split(name: &str) -> Result<(Option<Self>, &str), &'static str> {
        match name.split_once("://") {
            None => Ok((None, name)),
            Some(("http", rest)) => Ok((Some(Self::Http), rest)),
            Some(("https", rest)) => Ok((Some(Self::Https), rest)),
            Some(_) => Err("its scheme is neither `https` nor `http`"),
        }
    }
}

impl Repository {
    /// HTTPS, but for a registry on this machine that was not typed with `https://`.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The registry: `ghcr.io` or `127.0.0.1:5000`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The name within the registry: `unkeyed/api`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same last component elsewhere: `ghcr.io/unkeyed/api` under `127.0.0.1:5000/test` is `127.0.0.1:5000/test/api`.
    ///
    /// # Errors
    /// When `prefix`, a host with or without a path, makes no valid repository.
    pub fn under(&self, prefix: &str) -> Result<Self, Error> {
        let last = self.path.rsplit('/').next().unwrap_or(&self.path);
        format!("{}/{last}", prefix.trim_end_matches('/')).parse()
    }

    /// Whether the registry is this machine itself, the only case in which plain HTTP may be spoken.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(host_name(&self.host))
    }
}

impl FromStr for Repository {
    type Err = Error;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let invalid = |reason| Error::Repository { name: typed.to_owned(), reason };
        let (scheme, name) = Scheme::split(typed).map_err(invalid)?;
        if name.contains('@') {
            return Err(Error::RepositoryWithDigest { name: name.to_owned() });
        }
        let Some((host, path)) = name.split_once('/').filter(|(host, _)| looks_like_host(host)) else {
            return Err(Error::NoHost { name: name.to_owned() });
        };
        if let Some((_, tag)) = path.split_once(':') {
            return Err(Error::RepositoryWithTag { name: name.to_owned(), tag: tag.to_owned() });
        }
        check_host(host).map_err(invalid)?;
        check_path(path).map_err(invalid)?;
        if name.len() > NAME_LIMIT {
            return Err(invalid("it is longer than 255 characters"));
        }
        let is_loopback = is_loopback_host(host_name(host));
        let scheme = scheme.unwrap_or(if is_loopback { Scheme::Http } else { Scheme::Https });
        if scheme == Scheme::Http && !is_loopback {
            return Err(Error::PlainHttp { name: typed.to_owned() });
        }
        Ok(Self { scheme, host: host.to_owned(), path: path.to_owned() })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.host, self.path)
    }
}

impl Serialize for Repository {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether `host`, without a port and possibly in brackets, is this machine: in 127.0.0.0/8, `::1`, `localhost` or any name
/// below it (RFC 6761, section 6.3), whatever a resolver would say.
#[must_use]
pub fn is_loopback_host(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let last = host.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// The host without its port.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Docker's rule: the first component is a host when it has a dot or a colon, or is `localhost`.
pub(super) fn looks_like_host(component: &str) -> bool {
    component == "localhost" || component.contains(['.', ':'])
}

pub(super) fn check_host(host: &str) -> Result<(), &'static str> {
    let name = host_name(host);
    if name.len() < host.len() && host[name.len() + 1..].parse::<u16>().is_err() {
        return Err("the port is not a number below 65536");
    }
    if let Some(address) = name.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        return if address.parse::<std::net::Ipv6Addr>().is_ok() { Ok(()) } else { Err("the IPv6 address is invalid") };
    }
    let is_label = |label: &str| {
        let ends = [label.bytes().next(), label.bytes().last()];
        label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && ends.iter().flatten().count() == 2
            && !ends.contains(&Some(b'-'))
    };
    if name.split('.').all(is_label) && is_unambiguous(name) { Ok(()) } else { Err("the registry host is invalid") }
}

/// Whether a URL with this host leads to what it shows. A number as its last part makes a host an IPv4 address (URL Standard,
/// section 3.5), and `127.1` means another one than it shows.
fn is_unambiguous(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_number = match last.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    };
    !is_number || name.parse::<std::net::Ipv4Addr>().is_ok()
}

pub(super) fn check_path(path: &str) -> Result<(), &'static str> {
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("it has upper-case letters");
    }
    if path.split('/').all(is_path_component) {
        Ok(())
    } else {
        Err("each part between slashes is lower-case letters and digits, joined by `.`, `_`, `__` or dashes")
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` of the distribution-spec.
fn is_path_component(component: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separators = component.split(|character: char| character.is_ascii() && is_word(character as u8));
    let legal =
        |separator: &str| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-');
    component.bytes().next().is_some_and(is_word)
        && component.bytes().last().is_some_and(is_word)
        && separators.into_iter().all(legal)
}

#[cfg(test)]
mod tests {
    use terminal::Diagnostic as _;

    use super::*;

    #[test]
    fn repositories() {
        for (name, host, path, loopback) in [
            ("ghcr.io/unkeyed/api", "ghcr.io", "unkeyed/api", false),
            ("127.0.0.1:5000/api", "127.0.0.1:5000", "api", true),
            ("127.9.9.9/api", "127.9.9.9", "api", true),
            ("localhost/a__b/c--d.e", "localhost", "a__b/c--d.e", true),
            ("[::1]:5000/api", "[::1]:5000", "api", true),
            ("[::1]/api", "[::1]", "api", true),
            ("[fe80::1]:5000/api", "[fe80::1]:5000", "api", false),
            ("[::ffff:127.0.0.1]/api", "[::ffff:127.0.0.1]", "api", true),
            ("k3d-registry.localhost:5000/api", "k3d-registry.localhost:5000", "api", true),
            ("a.b.LOCALHOST/api", "a.b.LOCALHOST", "api", true),
            ("localhost.example.com/api", "localhost.example.com", "api", false),
            ("notlocalhost.com/api", "notlocalhost.com", "api", false),
            ("not.alocalhost/api", "not.alocalhost", "api", false),
            ("128.0.0.1:80/api", "128.0.0.1:80", "api", false),
        ] {
            let repository: Repository = name.parse().unwrap();
            assert_eq!((repository.host(), repository.path()), (host, path));
            assert_eq!(repository.is_loopback(), loopback, "{name}");
            assert_eq!(repository.to_string(), name);
        }
    }

    #[test]
    fn refused_repositories() {
        for (name, message) in [
            ("unkeyed/api", "repository `unkeyed/api` does not start with a registry host"),
            ("api", "repository `api` does not start with a registry host"),
            ("ghcr.io/unkeyed/api:v1.0.0", "repository `ghcr.io/unkeyed/api:v1.0.0` has a tag in it"),
            ("ghcr.io/api@sha256:00", "repository `ghcr.io/api@sha256:00` has a digest in it"),
            (
                "ftp://ghcr.io/api",
                "repository `ftp://ghcr.io/api` is not a valid name: its scheme is neither `https` nor `http`",
            ),
            (
                "http://ghcr.io/api",
                "repository `http://ghcr.io/api` is not on this machine, and plain http leaves it for nowhere else",
            ),
            ("https://api", "repository `api` does not start with a registry host"),
            ("ghcr.io/Api", "repository `ghcr.io/Api` is not a valid name: it has upper-case letters"),
            (
                "ghcr.io:99999/api",
                "repository `ghcr.io:99999/api` is not a valid name: the port is not a number below 65536",
            ),
            ("-a.io/api", "repository `-a.io/api` is not a valid name: the registry host is invalid"),
            ("127.1/api", "repository `127.1/api` is not a valid name: the registry host is invalid"),
            ("a.5000/api", "repository `a.5000/api` is not a valid name: the registry host is invalid"),
            ("[::g]:1/api", "repository `[::g]:1/api` is not a valid name: the IPv6 address is invalid"),
        ] {
            assert_eq!(name.parse::<Repository>().unwrap_err().to_string(), message);
        }
        for path in ["", "a//b", "a/", "a..b", "a___b", "-a", "a-", "a b", "a$(id)", "ä"] {
            assert!(format!("ghcr.io/{path}").parse::<Repository>().is_err(), "{path}");
        }
        assert!(format!("ghcr.io/{}", "a".repeat(250)).parse::<Repository>().is_err());
    }

    #[test]
    fn moving_to_another_registry_keeps_the_last_component() {
        let repository: Repository = "ghcr.io/unkeyed/api".parse().unwrap();
        for (prefix, expected) in [
            ("127.0.0.1:5000", "127.0.0.1:5000/api"),
            ("127.0.0.1:5000/unkeyed", "127.0.0.1:5000/unkeyed/api"),
            ("localhost:5000/a/b/", "localhost:5000/a/b/api"),
        ] {
            assert_eq!(repository.under(prefix).unwrap().to_string(), expected);
        }
        assert!(repository.under("no-host").is_err());
        let moved = repository.under("https://127.0.0.1:5000/unkeyed").unwrap();
        assert_eq!((moved.scheme(), moved.to_string().as_str()), (Scheme::Https, "127.0.0.1:5000/unkeyed/api"));
    }

    #[test]
    fn the_scheme_is_part_of_how_a_repository_is_reached_and_not_of_its_name() {
        for (typed, scheme, name) in [
            ("ghcr.io/api", Scheme::Https, "ghcr.io/api"),
            ("https://ghcr.io/api", Scheme::Https, "ghcr.io/api"),
            ("localhost:1/api", Scheme::Http, "localhost:1/api"),
            ("http://[::1]:1/api", Scheme::Http, "[::1]:1/api"),
            ("https://127.0.0.1:1/api", Scheme::Https, "127.0.0.1:1/api"),
        ] {
            let repository: Repository = typed.parse().unwrap();
            assert_eq!((repository.scheme(), repository.to_string().as_str()), (scheme, name));
        }
        let error = "http://ghcr.io/api".parse::<Repository>().unwrap_err();
        assert_eq!(error.hint().unwrap(), "use `https://ghcr.io/api`");
    }
}
