//! A registry's URLs: where its API is, where it leads, and what of a URL is shown.

use reqwest::Url;

use oci::reference::Repository;

/// Docker Hub's API is on another host than its name says.
const DOCKER_HUB_API: &str = "registry-1.docker.io";

/// The base of a repository's API: `https://ghcr.io/v2/`. Nothing where a part of the host begins with `xn--` and encodes no name.
pub(crate) fn api_base(repository: &Repository) -> Option<Url> {
    let scheme = repository.scheme().as_str();
    let host = match repository.host() {
        "docker.io" | "index.docker.io" => DOCKER_HUB_API,
        host => host,
    };
    Url::parse(&format!("{scheme}://{host}/v2/")).ok()
}

/// Where a `Location` leads, relative to the request that it answers; not yet judged. Registries behind a proxy that ends
/// TLS often name themselves with `http`; the same host is then reached the way that the request came.
pub(crate) fn follow(request: &Url, location: &str) -> Option<Url> {
    let mut url = request.join(location).ok()?;
    if url.scheme() == "http" && request.scheme() == "https" && url.host() == request.host() {
        url.set_scheme("https").ok()?;
    }
    Some(url)
}

/// A URL for an error: signatures and credentials are left out.
pub(crate) fn for_errors(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Failing means that the URL has no place for credentials to begin with.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_client::is_allowed;

    #[test]
    fn http_is_for_loopback_only() {
        for (repository, expected) in [
            ("ghcr.io/unkeyed/api", "https://ghcr.io/v2/"),
            ("docker.io/unkeyed/api", "https://registry-1.docker.io/v2/"),
            ("127.0.0.1:5000/api", "http://127.0.0.1:5000/v2/"),
            ("localhost:5000/api", "http://localhost:5000/v2/"),
            ("[::1]:5000/api", "http://[::1]:5000/v2/"),
            ("k3d.localhost:5000/api", "http://k3d.localhost:5000/v2/"),
            ("192.168.0.1:5000/api", "https://192.168.0.1:5000/v2/"),
            ("https://127.0.0.1:5000/api", "https://127.0.0.1:5000/v2/"),
        ] {
            assert_eq!(api_base(&repository.parse().unwrap()).unwrap().as_str(), expected);
        }
        assert_eq!(api_base(&"xn--a.io/api".parse().unwrap()), None);
    }

    #[test]
    fn locations() {
        let https = Url::parse("https://ghcr.io/v2/a/blobs/uploads/").unwrap();
        let http = Url::parse("http://127.0.0.1:1/v2/a/blobs/uploads/").unwrap();
        for (request, location, expected, allowed) in [
            (&https, "/v2/a/1?s=x", "https://ghcr.io/v2/a/1?s=x", true),
            (&https, "1", "https://ghcr.io/v2/a/blobs/uploads/1", true),
            (&https, "http://ghcr.io/v2/1", "https://ghcr.io/v2/1", true),
            (&https, "http://elsewhere.io/1", "http://elsewhere.io/1", false),
            (&https, "https://storage.io/1", "https://storage.io/1", true),
            (&https, "file:///etc/passwd", "file:///etc/passwd", false),
            (&http, "/v2/1", "http://127.0.0.1:1/v2/1", true),
            (&http, "http://10.0.0.1/v2/1", "http://10.0.0.1/v2/1", false),
        ] {
            let url = follow(request, location).unwrap();
            assert_eq!((url.as_str(), is_allowed(&url)), (expected, allowed), "{location}");
        }
    }

    #[test]
    fn urls_in_errors_carry_nothing_but_the_path() {
        let url = Url::parse("https://user:hunter2@ghcr.io/token?state=abc#x").unwrap();
        assert_eq!(for_errors(&url), "https://ghcr.io/token");
    }
}
