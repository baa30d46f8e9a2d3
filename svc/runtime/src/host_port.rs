//! Where a server is reached within the network: a name or an IP address, and a port. Owns its syntax and its one form.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::Domain;

/// A host and a port in their one form: lower case, IPv6 in brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPort(String);

/// Why a text is no host with a port.
#[derive(Debug, thiserror::Error)]
#[error("must be a host and a port such as `api:7070`, without scheme and path, not `{}`", .0.escape_debug())]
pub struct InvalidHostPort(String);

impl HostPort {
    /// Both as text, as in `api:7070`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostPort {
    type Err = InvalidHostPort;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || InvalidHostPort(text.to_owned());
        if let Ok(address) = text.parse::<SocketAddr>() {
            return if address.port() == 0 { Err(refused()) } else { Ok(Self(address.to_string())) };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(refused)?;
        let host: Domain = host.parse().map_err(|_| refused())?;
        let is_digits = port.bytes().all(|byte| byte.is_ascii_digit());
        match port.parse::<u16>() {
            Ok(port) if port != 0 && is_digits => Ok(Self(format!("{host}:{port}"))),
            _ => Err(refused()),
        }
    }
}

impl TryFrom<String> for HostPort {
    type Error = InvalidHostPort;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<HostPort> for String {
    fn from(host_port: HostPort) -> Self {
        host_port.0
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form() {
        for (text, expected) in [
            ("API:7070", "api:7070"),
            ("a.b.:080", "a.b:80"),
            ("10.0.0.1:65535", "10.0.0.1:65535"),
            ("[::0001]:80", "[::1]:80"),
        ] {
            assert_eq!(text.parse::<HostPort>().expect(text).as_str(), expected);
        }
    }

    #[test]
    fn what_is_no_host_with_a_port_is_refused() {
        let wrong =
            ["", "a", "a:", ":80", "a:0", "1.2.3.4:0", "a:65536", "a:+80", "http://a:80", "a:80/b", "::1:80", "a b:1"];
        for text in wrong {
            assert!(text.parse::<HostPort>().is_err(), "{text:?}");
        }
        assert_eq!(
            "a".parse::<HostPort>().expect_err("no port").to_string(),
            "must be a host and a port such as `api:7070`, without scheme and path, not `a`"
        );
    }
}
