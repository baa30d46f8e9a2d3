//! The HTTP client of every tool that speaks to a server elsewhere: whom it trusts, which proxy it takes, where it may be led
//! and what `localhost` means. Owns no protocol and sends nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, ClientBuilder, Proxy, Url};

use crate::Error;
use crate::certificates;
use crate::proxy::Proxies;
use oci::reference::is_loopback_host;

/// How often one request is led on at most, as browsers and Go's client have it.
const REDIRECT_LIMIT: usize = 10;

/// A client for `server`, and for wherever that leads: by TLS alone where it begins with TLS, through the proxy of the
/// environment, and to this machine directly.
///
/// # Errors
/// When the environment names certificates that cannot be used, or a proxy that cannot be and that `server` needs.
pub fn client(user_agent: &str, server: &Url) -> Result<ClientBuilder, Error> {
    certificates::install_provider();
    let is_https = server.scheme() == "https";
    // A page's address has no business with those that it leads to: it may carry signatures.
    let builder = Client::builder().user_agent(user_agent).https_only(is_https).referer(false);
    let builder = builder.redirect(Policy::custom(lead)).dns_resolver(LocalNames);
    let trusting = if is_https { certificates::client_config()? } else { None };
    let builder = match trusting {
        Some(config) => builder.tls_backend_preconfigured(config),
        None => builder,
    };
    let proxies = Proxies::from_environment();
    proxies.of(server)?;
    // Where the server leads to a place that needs a proxy which cannot be used, going there directly is all that is left.
    Ok(builder.proxy(Proxy::custom(move |url| proxies.of(url).ok().flatten().cloned())))
}

/// The variable that names the proxy by which a server is reached, or nothing where it is reached directly.
#[must_use]
pub fn proxy_variable(server: &Url) -> Option<&'static str> {
    let proxies = Proxies::from_environment();
    proxies.of(server).ok()?.and(proxies.variable())
}

/// Whether bytes, and credentials above all, may travel there.
#[must_use]
pub fn is_allowed(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => url.host_str().is_some_and(is_loopback_host),
        _ => false,
    }
}

fn lead(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    if attempt.previous().len() > REDIRECT_LIMIT {
        return attempt.error("too many redirects");
    }
    if is_allowed(attempt.url()) {
        return attempt.follow();
    }
    let host = attempt.url().host_str().unwrap_or_default().to_owned();
    attempt.error(format!("it leads to `{host}`, which is neither https nor on this machine"))
}

/// Names as the system knows them, but for `localhost` and what is below it: these are this machine, whatever a resolver
/// says (RFC 6761, section 6.3), and most resolvers do not know those below.
struct LocalNames;

impl Resolve for LocalNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            if is_loopback_host(name.as_str()) {
                let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                return Ok(Box::new(both.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs);
            }
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for (url, expected) in [
            ("https://ghcr.io/v2/", true),
            ("http://127.0.0.1:1/v2/", true),
            ("http://[::1]/v2/", true),
            ("http://registry.localhost:5000/v2/", true),
            ("http://10.0.0.1/v2/", false),
            ("http://localhost.example/v2/", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_allowed(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
