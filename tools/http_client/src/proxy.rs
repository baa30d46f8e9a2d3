//! Which servers are reached through a proxy: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` by the rules of Go's
//! `golang.org/x/net/http/httpproxy`, which docker, crane and containerd follow. Owns no connection.

use std::net::IpAddr;

use reqwest::Url;

use crate::{Error, environment};
use oci::reference::is_loopback_host;

/// The proxy, and who is reached without it. Plain HTTP never leaves this machine, so that `HTTP_PROXY` has no say. A proxy
/// that cannot be used matters to those alone who need it.
#[derive(Debug)]
pub(super) struct Proxies {
    proxy: Option<(&'static str, Result<Url, Error>)>,
    exceptions: Vec<Exception>,
}

impl Proxies {
    pub(super) fn from_environment() -> Self {
        let named = [environment::HTTPS_PROXY, environment::ALL_PROXY]
            .into_iter()
            .find_map(|variable| Some((variable, environment::read_any_case(variable)?)));
        let exceptions = environment::read_any_case(environment::NO_PROXY).unwrap_or_default();
        Self::new(named, &exceptions)
    }

    fn new(named: Option<(&'static str, String)>, exceptions: &str) -> Self {
        let proxy = named.map(|(variable, value)| {
            (variable, parse_proxy(&value).map_err(|reason| Error::Proxy { variable, reason }))
        });
        let entries = exceptions.split(|character: char| character == ',' || character.is_whitespace());
        Self { proxy, exceptions: entries.filter_map(Exception::parse).collect() }
    }

    /// The proxy by which a server is reached, or nothing where it is reached directly.
    pub(super) fn of(&self, server: &Url) -> Result<Option<&Url>, Error> {
        let (Some((_, proxy)), Some(host)) = (&self.proxy, server.host_str()) else { return Ok(None) };
        let host = host.trim_end_matches('.');
        let port = server.port_or_known_default();
        let is_direct = is_loopback_host(host) || self.exceptions.iter().any(|one| one.holds_for(host, port));
        if is_direct { Ok(None) } else { proxy.as_ref().map(Some).map_err(Clone::clone) }
    }

    /// Where the proxy is from.
    pub(super) fn variable(&self) -> Option<&'static str> {
        self.proxy.as_ref().map(|(variable, _)| *variable)
    }
}

/// A proxy without a scheme is spoken to in plain HTTP. Its password is part of the value, which no error shows.
fn parse_proxy(value: &str) -> Result<Url, String> {
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = Url::parse(&with_scheme).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(format!("`{other}` is not spoken here")),
    }
}

/// An entry of `NO_PROXY`.
#[derive(Debug, PartialEq, Eq)]
struct Exception {
    place: Place,
    /// Only this port, where one is named.
    port: Option<u16>,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// `*`.
    Everywhere,
    /// `10.0.0.1` and `10.0.0.0/8`: an address and how many of its bits count.
    Network(IpAddr, u32),
    /// `example.com`: this name and all below it.
    Name(String),
    /// `.example.com` and `*.example.com`: what is below this name, which itself is not.
    Below(String),
}

impl Exception {
    /// Nothing where the entry is empty.
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.trim_end_matches('.').to_ascii_lowercase();
        if entry.is_empty() {
            return None;
        }
        if entry == "*" {
            return Some(Self { place: Place::Everywhere, port: None });
        }
        // A bare IPv6 address is full of colons, none of which is in front of a port.
        if let Some(network) = network(&entry) {
            return Some(Self { place: network, port: None });
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() => (host, Some(port.parse().ok()?)),
            _ => (entry.as_str(), None),
        };
        let below = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
        let place = match (network(host), below) {
            (Some(network), _) => network,
            (None, Some(name)) => Place::Below(name.to_owned()),
            (None, None) => Place::Name(host.to_owned()),
        };
        Some(Self { place, port })
    }

    fn holds_for(&self, host: &str, port: Option<u16>) -> bool {
        if self.port.is_some() && self.port != port {
            return false;
        }
        let is_below = |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
        match &self.place {
            Place::Everywhere => true,
            Place::Network(network, bits) => address(host).is_some_and(|host| is_within(host, *network, *bits)),
            Place::Name(name) => host == name || is_below(name),
            Place::Below(name) => is_below(name),
        }
    }
}

/// An address, possibly in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    inner.unwrap_or(text).parse().ok()
}

fn network(entry: &str) -> Option<Place> {
    let Some((start, bits)) = entry.split_once('/') else {
        return address(entry).map(|address| Place::Network(address, width(address)));
    };
    let (start, bits) = (address(start)?, bits.parse().ok()?);
    (bits <= width(start)).then_some(Place::Network(start, bits))
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { u32::BITS } else { u128::BITS }
}

fn is_within(host: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (host.to_canonical(), network) {
        (IpAddr::V4(host), IpAddr::V4(network)) => {
            (host.to_bits() ^ network.to_bits()).checked_shr(u32::BITS - bits).is_none_or(|rest| rest == 0)
        }
        (IpAddr::V6(host), IpAddr::V6(network)) => {
            (host.to_bits() ^ network.to_bits()).checked_shr(u128::BITS - bits).is_none_or(|rest| rest == 0)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_direct(no_proxy: &str, server: &str) -> bool {
        let named = Some((environment::HTTPS_PROXY, "http://proxy.example:3128".to_owned()));
        Proxies::new(named, no_proxy).of(&server.parse().unwrap()).unwrap().is_none()
    }

    #[test]
    fn who_is_reached_without_the_proxy() {
        for (no_proxy, server, expected) in [
            ("", "https://ghcr.io/v2/", false),
            ("*", "https://ghcr.io/v2/", true),
            ("a.example, *", "https://ghcr.io/v2/", true),
            ("example.com", "https://example.com", true),
            ("Example.COM.", "https://registry.example.com", true),
            ("example.com", "https://notexample.com", false),
            (".example.com", "https://registry.example.com", true),
            (".example.com", "https://example.com", false),
            ("*.example.com", "https://a.b.example.com", true),
            ("example.com", "https://registry.EXAMPLE.com./v2/", true),
            ("example.com:5000", "https://example.com:5000", true),
            ("example.com:5000", "https://example.com", false),
            ("example.com:443", "https://example.com", true),
            (".example.com:5000", "https://registry.example.com:5000", true),
            ("10.0.0.0/8", "https://10.1.2.3:5000", true),
            ("10.0.0.0/8", "https://11.1.2.3:5000", false),
            ("10.1.2.3", "https://10.1.2.3:5000", true),
            ("10.1.2.3:5000", "https://10.1.2.3:5000", true),
            ("10.1.2.3:5000", "https://10.1.2.3", false),
            ("0.0.0.0/0", "https://10.1.2.3", true),
            ("0.0.0.0/0", "https://example.com", false),
            ("fd00::/8", "https://[fd12::1]:5000", true),
            ("fd00::/8", "https://[fe80::1]:5000", false),
            ("::/0", "https://[fe80::1]", true),
            ("fd12::1", "https://[fd12::1]", true),
            ("[fd12::1]", "https://[fd12::1]", true),
            ("[fd12::1]:5000", "https://[fd12::1]:5000", true),
            ("[fd12::1]:5000", "https://[fd12::1]", false),
            (" a.example ,\tb.example  c.example,", "https://c.example", true),
            (",,", "https://c.example", false),
            ("10.0.0.0/33", "https://10.0.0.1", false),
        ] {
            assert_eq!(is_direct(no_proxy, server), expected, "`{no_proxy}` and {server}");
        }
    }

    #[test]
    fn this_machine_is_always_reached_directly() {
        for server in ["http://127.0.0.1:5000", "https://localhost", "https://[::1]:5000", "http://k3d.localhost:5000"]
        {
            assert!(is_direct("", server), "{server}");
        }
    }

    #[test]
    fn a_proxy_is_a_url_or_a_host() {
        for (value, expected) in [
            ("http://proxy.example:3128", "http://proxy.example:3128/"),
            ("proxy.example:3128", "http://proxy.example:3128/"),
            ("user:pass@proxy.example:3128", "http://user:pass@proxy.example:3128/"),
            ("https://proxy.example", "https://proxy.example/"),
        ] {
            assert_eq!(parse_proxy(value).unwrap().as_str(), expected);
        }
        for value in ["http://", "socks5://127.0.0.1:1080", "http://me:hunter2@a b:1"] {
            let named = Some((environment::HTTPS_PROXY, value.to_owned()));
            let server = "https://ghcr.io".parse().unwrap();
            let error = Proxies::new(named.clone(), "").of(&server).unwrap_err().to_string();
            assert!(error.starts_with("`HTTPS_PROXY` names no proxy") && !error.contains("hunter2"), "{error}");
            for exceptions in ["*", "ghcr.io", ".example, io"] {
                assert_eq!(Proxies::new(named.clone(), exceptions).of(&server), Ok(None), "{value} and {exceptions}");
            }
            assert_eq!(Proxies::new(named, "").of(&"http://127.0.0.1:1".parse().unwrap()), Ok(None), "{value}");
        }
    }
}
