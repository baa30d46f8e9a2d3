//! Which GitHub is spoken of: github.com, or a company's own.
//!
//! Owns what the variables of a workflow say about it and how one address follows from another. Which repository there is
//! `slug`'s; requests are `github`'s.

use reqwest::Url;

use crate::environment;

/// The one that everybody means.
const PUBLIC: &str = "github.com";

/// Other names of it: an old one, and the one that takes SSH on port 443 ("Using SSH over the HTTPS port").
const PUBLIC_ALIASES: [&str; 2] = ["www.github.com", "ssh.github.com"];

/// What the names of companies end in whose GitHub has data residency ("GitHub Enterprise Cloud with data residency").
const RESIDENT: &str = ".ghe.com";

/// A GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    web: String,
    host: String,
    api: String,
}

impl Server {
    /// The one that `GITHUB_SERVER_URL` and `GITHUB_API_URL` say.
    #[must_use]
    pub fn of_environment() -> Self {
        let variable = |name| environment::read(name).map(|value| value.to_string_lossy().into_owned());
        let (web, api) = (variable(environment::GITHUB_SERVER_URL), variable(environment::GITHUB_API_URL));
        Self::new(web.as_deref(), api.as_deref())
    }

    /// The one with these addresses of pages and API. Either follows from the other, and github.com from neither; so it does
    /// from what is no address of pages, which can only be read by people.
    #[must_use]
    pub fn new(web: Option<&str>, api: Option<&str>) -> Self {
        let named = web.and_then(|text| origin(&Url::parse(text).ok()?));
        let web = named.or_else(|| web_of(api?)).unwrap_or_else(|| format!("https://{PUBLIC}"));
        let host = Url::parse(&web).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let api = api.map_or_else(|| api_of(&web, &host), str::to_owned);
        Self { web, host, api }
    }

    /// Where its pages are, without a `/` at the end.
    #[must_use]
    pub fn web(&self) -> &str {
        &self.web
    }

    /// Where its API is.
    #[must_use]
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Whether a host in the address of a remote is this one.
    #[must_use]
    pub fn is_at(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        host == self.host || self.host == PUBLIC && PUBLIC_ALIASES.contains(&host.as_str())
    }
}

/// Scheme, host and port of a page that people can open.
fn origin(url: &Url) -> Option<String> {
    matches!(url.scheme(), "https" | "http").then(|| url.origin().ascii_serialization())
}

/// The pages that belong to an API ("Getting started with the REST API"); nothing for github.com's, and for one that stands in
/// for it.
fn web_of(api: &str) -> Option<String> {
    let url = Url::parse(api).ok()?;
    let resident = url.host_str().and_then(|host| host.strip_prefix("api.")).filter(|host| host.ends_with(RESIDENT));
    match resident {
        Some(host) => Some(format!("https://{host}")),
        None if url.path().trim_end_matches('/') == "/api/v3" => origin(&url),
        None => None,
    }
}

fn api_of(web: &str, host: &str) -> String {
    if host == PUBLIC || host.ends_with(RESIDENT) {
        return format!("https://api.{host}");
    }
    format!("{web}/api/v3")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_follows_from_the_other() {
        for (web, api, expected) in [
            (None, None, ("https://github.com", "https://api.github.com")),
            (
                Some("https://github.com"),
                Some("https://api.github.com"),
                ("https://github.com", "https://api.github.com"),
            ),
            (Some("https://ghe.example/"), None, ("https://ghe.example", "https://ghe.example/api/v3")),
            (Some("http://ghe.example:81"), None, ("http://ghe.example:81", "http://ghe.example:81/api/v3")),
            (None, Some("https://ghe.example/api/v3/"), ("https://ghe.example", "https://ghe.example/api/v3/")),
            (Some("https://unkey.ghe.com"), None, ("https://unkey.ghe.com", "https://api.unkey.ghe.com")),
            (None, Some("https://api.unkey.ghe.com"), ("https://unkey.ghe.com", "https://api.unkey.ghe.com")),
            (None, Some("http://127.0.0.1:8080"), ("https://github.com", "http://127.0.0.1:8080")),
            (Some("ghe.example"), None, ("https://github.com", "https://api.github.com")),
            (Some("javascript:x"), Some("x"), ("https://github.com", "x")),
        ] {
            let server = Server::new(web, api);
            assert_eq!((server.web(), server.api()), expected, "{web:?} {api:?}");
        }
    }

    #[test]
    fn hosts_are_compared_in_any_case_and_whole() {
        let public = Server::new(None, None);
        for host in ["github.com", "GitHub.com", "www.github.com", "SSH.github.com"] {
            assert!(public.is_at(host), "{host}");
        }
        for host in ["", "notgithub.com", "api.github.com", "github.com.evil.example", "ghe.example", "gist.github.com"]
        {
            assert!(!public.is_at(host), "{host}");
        }
        let own = Server::new(Some("https://GHE.example:8443"), None);
        assert!(own.is_at("ghe.example") && !own.is_at("github.com") && !own.is_at("ssh.github.com"));
    }
}
