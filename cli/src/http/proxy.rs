//! Which servers are reached through a proxy: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. Owns no connection.
//!
//! The library's own reading of them takes `ALL_PROXY` first, passes over a proxy that cannot be used, and knows of no name
//! that it holds for the names below, as it does for curl and Go.

use ureq::Proxy;
use ureq::http::Uri;

use crate::address::is_this_machine;
use crate::environment::{self, ALL_PROXY, HTTPS_PROXY, NO_PROXY};
use crate::error::Error;

/// A proxy, and the variable that names it.
pub(super) type Named = (&'static str, Proxy);

/// The proxy by which a server is reached; nothing where it is reached directly, as this machine always is.
///
/// # Errors
/// When the environment names one that is none.
pub(super) fn of(server: &Uri) -> Result<Option<Named>, Error> {
    let named = [HTTPS_PROXY, ALL_PROXY]
        .into_iter()
        .find_map(|variable| Some((variable, environment::read_any_case(variable)?)));
    let Some((variable, text)) = named else { return Ok(None) };
    let host = server.host().unwrap_or_default();
    let exceptions = environment::read_any_case(NO_PROXY).unwrap_or_default();
    if is_this_machine(host) || is_excepted(&exceptions, host, port(server)) {
        return Ok(None);
    }
    let error = |reason: &str| Error::Proxy { variable, reason: reason.to_owned() };
    let is_spoken = !text.contains("://") || text.starts_with("http://") || text.starts_with("https://");
    if !is_spoken {
        return Err(error("it is neither `http` nor `https`"));
    }
    // It may have a password in it, which no error says.
    let proxy = Proxy::new(&text).map_err(|_| error("it is no address"))?;
    Ok(Some((variable, proxy)))
}

fn port(server: &Uri) -> u16 {
    server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 })
}

/// Whether one of the entries is `*`, the host, or a name that the host is below of; with a port it holds for that alone.
fn is_excepted(entries: &str, host: &str, port: u16) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let entries = entries.split([',', ' ']).map(|entry| entry.trim().to_ascii_lowercase());
    entries.filter(|entry| !entry.is_empty()).any(|entry| {
        // An IPv6 address is full of colons, none of which is in front of a port unless brackets are.
        let (name, wanted) = match entry.rsplit_once(':') {
            Some((name, number)) if !name.contains(':') || name.ends_with(']') => (name, number.parse::<u16>().ok()),
            _ => (entry.as_str(), None),
        };
        let name = name.trim_matches(['[', ']']);
        let below = name.strip_prefix("*.").or_else(|| name.strip_prefix('.'));
        let is_below = |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
        let is_it = match below {
            Some(name) => is_below(name),
            None => name == "*" || host == name || is_below(name),
        };
        is_it && wanted.is_none_or(|wanted| wanted == port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_reached_without_the_proxy() {
        for (entries, host, expected) in [
            ("", "api.unkey.com", false),
            ("*", "api.unkey.com", true),
            ("a.example, api.unkey.com", "api.unkey.com", true),
            ("unkey.com", "api.unkey.com", true),
            ("Unkey.COM", "API.unkey.com", true),
            ("unkey.com", "notunkey.com", false),
            (".unkey.com", "api.unkey.com", true),
            (".unkey.com", "unkey.com", false),
            ("*.unkey.com", "api.unkey.com", true),
            ("unkey.com:443", "api.unkey.com", true),
            ("unkey.com:8443", "api.unkey.com", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.11", false),
            ("fd00::1", "[fd00::1]", true),
            ("[fd00::1]:443", "[fd00::1]", true),
            ("[fd00::1]:8443", "[fd00::1]", false),
        ] {
            assert_eq!(is_excepted(entries, host, 443), expected, "{entries} {host}");
        }
    }
}
