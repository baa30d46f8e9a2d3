//! What credentials are filed under: a registry's host, or the beginning of a repository's name.
//!
//! The one place that knows which spellings mean the same. Docker files under what was once typed for `docker login`
//! (`https://ghcr.io/v1/`), podman under `ghcr.io/namespace/repository`, and Docker Hub has a name of its own.

use std::cmp::Reverse;

/// The key that docker stores Docker Hub's credentials under.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// What Docker Hub is called wherever a host is compared.
const DOCKER_HUB: &str = "index.docker.io";

/// Other names of Docker Hub: the one in references, the one that serves the API.
const DOCKER_HUB_NAMES: [&str; 2] = ["docker.io", "registry-1.docker.io"];

/// Where the API begins. Behind a host it is not a namespace but the address that somebody logged in at.
const API_ROOTS: [&str; 2] = ["v1", "v2"];

/// A key as it is compared: what stands behind the host counts only where it is the beginning of a repository's path.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    host: String,
    path: String,
}

impl Key {
    /// Never fails: nonsense is the key of no registry.
    fn new(text: &str) -> Self {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host.to_ascii_lowercase();
        let host = match scheme.to_ascii_lowercase().as_str() {
            "https" => host.strip_suffix(":443").unwrap_or(&host),
            "http" => host.strip_suffix(":80").unwrap_or(&host),
            _ => &host,
        };
        let path = path.trim_matches('/');
        // A URL is where somebody logged in, and what was behind its host was never part of a name.
        let is_namespace = scheme.is_empty() && !API_ROOTS.contains(&path);
        let path = if is_namespace { path } else { "" };
        let host = if DOCKER_HUB_NAMES.contains(&host) { DOCKER_HUB } else { host };
        Self { host: host.to_owned(), path: path.to_owned() }
    }
}

/// What credentials are looked for, or stored for.
#[derive(Debug)]
pub(crate) struct Wanted {
    filed_under: String,
    key: Key,
}

impl Wanted {
    /// The repository `path` in the registry `host`.
    pub(crate) fn new(host: &str, path: &str) -> Self {
        let host = Key::new(host).host;
        let filed_under = if host == DOCKER_HUB { DOCKER_HUB_KEY.to_owned() } else { host.clone() };
        Self { filed_under, key: Key { host, path: path.to_owned() } }
    }

    /// The registry as a whole.
    pub(crate) fn registry(host: &str) -> Self {
        Self::new(host, "")
    }

    /// The key that docker writes for the registry, and asks helpers for.
    pub(crate) fn filed_under(&self) -> &str {
        &self.filed_under
    }

    /// Whether the key stands for the registry as a whole, in whichever spelling.
    pub(crate) fn is_registry(&self, key: &str) -> bool {
        let key = Key::new(key);
        key.host == self.key.host && key.path.is_empty()
    }

    /// Those of the keys that hold for this, the most telling first: the longest path, then docker's own spelling, then the
    /// shortest.
    pub(crate) fn select<'a>(&self, keys: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
        let mut found: Vec<(Key, &str)> = keys.map(|text| (Key::new(text), text.as_str())).collect();
        found.retain(|(key, _)| self.is_within(key));
        found.sort_by_key(|(key, text)| (Reverse(key.path.len()), *text != self.filed_under, text.len()));
        found.into_iter().map(|(_, text)| text).collect()
    }

    fn is_within(&self, key: &Key) -> bool {
        let rest = self.key.path.strip_prefix(&key.path);
        key.host == self.key.host
            && (key.path.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(host: &str, path: &str, keys: &[&str]) -> Vec<String> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        Wanted::new(host, path).select(keys.iter()).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_registry_is_found_in_every_spelling() {
        for key in [
            "ghcr.io",
            "GHCR.io",
            " ghcr.io ",
            "ghcr.io/",
            "ghcr.io/v1/",
            "ghcr.io/v2",
            "https://ghcr.io",
            "HTTPS://ghcr.io/v2/",
            "http://ghcr.io/v1/",
            "https://ghcr.io:443/any/path",
            "http://ghcr.io:80",
        ] {
            assert_eq!(selected("ghcr.io", "unkeyed/api", &[key]), [key]);
        }
        for key in
            ["", "https://", "ghcr.io:443", "ghcr.io.evil.io", "evil.io/ghcr.io", "https:ghcr.io", "ghcr", "*.io"]
        {
            assert_eq!(selected("ghcr.io", "unkeyed/api", &[key]), [""; 0], "{key}");
        }
        assert_eq!(selected("127.0.0.1:5000", "a", &["127.0.0.1", "127.0.0.1:5000/v2/"]), ["127.0.0.1:5000/v2/"]);
        assert_eq!(selected("[::1]:5000", "a", &["http://[::1]:5000"]), ["http://[::1]:5000"]);
    }

    #[test]
    fn docker_hub_has_many_names() {
        let keys = [
            "docker.io",
            "index.docker.io",
            "https://index.docker.io/v1/",
            "registry-1.docker.io",
            "https://docker.io",
        ];
        for host in ["docker.io", "index.docker.io", "registry-1.docker.io"] {
            assert_eq!(Wanted::registry(host).filed_under(), "https://index.docker.io/v1/");
            for key in keys {
                assert_eq!(selected(host, "library/alpine", &[key]), [key], "{host}");
            }
        }
        // Docker keeps the tokens of a login by browser beside the credentials that it made of them.
        let token = "https://index.docker.io/v1/access-token";
        assert_eq!(selected("docker.io", "a/b", &[token, DOCKER_HUB_KEY])[0], DOCKER_HUB_KEY);
    }

    #[test]
    fn the_most_telling_key_goes_first() {
        let keys = ["https://a.io/v1/", "a.io", "a.io/team", "a.io/team/api", "a.io/te", "a.io/other", "A.IO"];
        assert_eq!(
            selected("a.io", "team/api", &keys),
            ["a.io/team/api", "a.io/team", "a.io", "A.IO", "https://a.io/v1/"]
        );
        assert_eq!(selected("a.io", "teams/api", &keys), ["a.io", "A.IO", "https://a.io/v1/"]);
        assert_eq!(selected("a.io", "", &["a.io/team"]), [""; 0]);
    }

    #[test]
    fn a_namespace_is_no_registry() {
        let wanted = Wanted::registry("a.io");
        assert!(wanted.is_registry("https://a.io/v1/") && wanted.is_registry("a.io/"));
        assert!(!wanted.is_registry("a.io/team") && !wanted.is_registry("b.io"));
    }
}
