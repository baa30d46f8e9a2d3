//! The name of a repository on GitHub, found in the address of a remote, and the addresses that follow from it.

use std::fmt;

use super::{GitHubError, Server};
use crate::environment;
use crate::git::{ObjectId, Repository};
use release_tag::Tag;

/// How git gets to GitHub; the last two are what it once called SSH.
const SCHEMES: [&str; 6] = ["https", "http", "ssh", "git", "git+ssh", "ssh+git"];

/// A repository on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slug {
    server: Server,
    owner: String,
    name: String,
}

impl Slug {
    /// The repository that `GITHUB_REPOSITORY` says, or else one of origin's addresses; nothing where origin is elsewhere.
    ///
    /// # Errors
    /// When the variable is no name of a repository, or git cannot tell.
    pub fn find(repository: &Repository) -> Result<Option<Self>, GitHubError> {
        let server = Server::of_environment();
        if let Some(name) = environment::read(environment::GITHUB_REPOSITORY) {
            let slug = name.to_str().and_then(|name| Self::parse(name, &server));
            return slug.map(Some).ok_or_else(|| GitHubError::Name { name: terminal::printable::name(&name) });
        }
        // A clone may be fetched from a mirror and pushed to GitHub, and either address may be another's in disguise.
        Ok(repository.origin_urls()?.iter().find_map(|url| Self::of_url(url, &server)))
    }

    /// Reads `owner/name`.
    #[must_use]
    pub fn parse(text: &str, server: &Server) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let is_name = |text: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            // Dots alone would lead elsewhere in a URL.
            text.bytes().any(|byte| byte != b'.') && text.bytes().all(is_plain)
        };
        let slug = || Self { server: server.clone(), owner: owner.to_owned(), name: name.to_owned() };
        (is_name(owner) && is_name(name)).then(slug)
    }

    /// Takes the address of a remote apart ("GIT URLS" of git-fetch); nothing where it is not on the server. Credentials in it
    /// are left behind.
    #[must_use]
    pub fn of_url(url: &str, server: &Server) -> Option<Self> {
        let (authority, path) = match url.split_once("://") {
            Some((scheme, rest)) => {
                let is_known = SCHEMES.contains(&scheme.to_ascii_lowercase().as_str());
                rest.split_once('/').filter(|_| is_known)?
            }
            None => scp_like(url)?,
        };
        // Readers of URLs do not agree on where a host ends before these.
        if authority.contains(['\\', '#', '?']) || !server.is_at(host(authority)?) {
            return None;
        }
        let path = path.trim_matches('/');
        Self::parse(path.strip_suffix(".git").unwrap_or(path), server)
    }

    /// The server that it is on.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The account that it belongs to.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name in that account.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it can be read.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/{self}", self.server.web())
    }

    /// Where a pull request can be read.
    #[must_use]
    pub fn pull_request(&self, number: u64) -> String {
        self.page(&format!("pull/{number}"))
    }

    /// Where everything between two releases can be read.
    #[must_use]
    pub fn comparison(&self, from: &Tag, to: &Tag) -> String {
        self.page(&format!("compare/{from}...{to}"))
    }

    /// Where the checks of a commit can be watched, whichever CI they run on.
    #[must_use]
    pub fn checks(&self, commit: &ObjectId) -> String {
        self.page(&format!("commit/{commit}/checks"))
    }

    /// Where one of its settings is changed.
    #[must_use]
    pub fn settings(&self, part: &str) -> String {
        self.page(&format!("settings{part}"))
    }

    fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.url())
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.owner, self.name)
    }
}

/// `[USER@]HOST:PATH` and `[USER@HOST:PORT]:PATH`. What has a `/` before the colon is a path of this machine.
fn scp_like(url: &str) -> Option<(&str, &str)> {
    let (authority, path) = match url.strip_prefix('[') {
        Some(rest) => rest.split_once("]:")?,
        None => url.split_once(':')?,
    };
    (!authority.contains('/')).then_some((authority, path))
}

/// The host of `[USER[:PASSWORD]@]HOST[:PORT]`.
fn host(authority: &str) -> Option<&str> {
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    match place.split_once(':') {
        None => Some(place),
        Some((host, port)) => port.bytes().all(|byte| byte.is_ascii_digit()).then_some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_an_address_are_known_and_lose_their_credentials() {
        for url in [
            "git@github.com:o/r.git",
            "https://github.com/o/r",
            "https://user:secret@github.com/o/r.git/",
            "https://x-access-token:a@b@github.com/o/r",
            "ssh://git@github.com/o/r.git",
            "ssh://git@ssh.github.com:443/o/r.git",
            "https://www.github.com/o/r",
            "github.com:o/r",
            "org-123@github.com:o/r",
            "git@github.com:/o/r.git",
            "[git@ssh.github.com:443]:o/r.git",
            "ssh://git@github.com:22/o/r.git",
            "https://github.com:443/o/r.git",
            "https://github.com:/o/r",
            "git://github.com/o/r.git",
            "https://GitHub.com/o/r",
            "HTTPS://github.com/o/r",
            "git@GITHUB.com:o/r",
            "http://github.com/o/r",
            "git@ssh.github.com:o/r.git",
            "git+ssh://git@github.com/o/r.git",
        ] {
            let slug = Slug::of_url(url, &Server::new(None, None)).unwrap_or_else(|| panic!("`{url}`"));
            assert_eq!(slug.pull_request(3), "https://github.com/o/r/pull/3", "{url}");
        }
    }

    #[test]
    fn look_alikes_and_paths_are_none() {
        for url in [
            "",
            "/srv/git/unkey.git",
            "./github.com:o/r",
            "/github.com:o/r",
            "file://github.com/o/r",
            "https://example.com/a/b",
            "https://notgithub.com/o/r",
            "https://github.com.evil.example/o/r",
            "https://evil.example/github.com/o/r",
            "https://github.com@evil.example/o/r",
            "https://evil.example#@github.com/o/r",
            "https://evil.example\\@github.com/o/r",
            "https://evil.example?@github.com/o/r",
            "github.com@evil.example:o/r",
            "evil.example:github.com:o/r",
            "git@github.com:a",
            "https://github.com",
            "https://github.com/a/b/c",
            "https://github.com:x/a/b",
            "git@github.com:a/b?x",
            "ext::ssh github.com o/r",
        ] {
            assert_eq!(Slug::of_url(url, &Server::new(None, None)), None, "`{url}`");
        }
    }

    #[test]
    fn a_company_s_own_server_has_its_own_pages() {
        let server = Server::new(Some("https://ghe.example:8443"), None);
        for url in ["git@ghe.example:o/r.git", "https://ghe.example:8443/o/r", "ssh://git@GHE.example:122/o/r"] {
            let slug = Slug::of_url(url, &server).unwrap_or_else(|| panic!("`{url}`"));
            assert_eq!(slug.pull_request(3), "https://ghe.example:8443/o/r/pull/3");
        }
        assert_eq!(Slug::of_url("https://github.com/o/r", &server), None);
    }

    #[test]
    fn pages_follow_from_the_name() {
        let slug = Slug::parse("o/r", &Server::new(None, None)).unwrap();
        let tag = |text: &str| Tag::parse(text.as_ref()).unwrap();
        let comparison = slug.comparison(&tag("api/v1.0.0"), &tag("api/v1.1.0"));
        assert_eq!(comparison, "https://github.com/o/r/compare/api/v1.0.0...api/v1.1.0");
        let commit = ObjectId::parse(&"a".repeat(40)).unwrap();
        assert_eq!(slug.checks(&commit), format!("https://github.com/o/r/commit/{commit}/checks"));
    }

    #[test]
    fn names_are_plain() {
        let parse = |text: &str| Slug::parse(text, &Server::new(None, None));
        assert_eq!(parse("unkeyed/unkey.js").unwrap().to_string(), "unkeyed/unkey.js");
        for text in ["", "a", "a/", "/b", "a/b/c", "a/..", "./b", "a b/c", "a/b?c"] {
            assert_eq!(parse(text), None, "`{text}`");
        }
    }
}
