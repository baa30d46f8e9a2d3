//! The name of a repository on GitHub, and the addresses that follow from it.

use std::fmt;
use std::str::FromStr;

/// A repository on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slug {
    owner: String,
    name: String,
}

impl Slug {
    /// Takes the address of a remote apart; nothing where it is not on GitHub. Credentials in it are left behind.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Self> {
        let path = match url.split_once("://") {
            Some((_, rest)) => {
                let (host, path) = rest.split_once('/')?;
                (host.rsplit('@').next()? == "github.com").then_some(path)?
            }
            None => url.strip_prefix("git@github.com:")?,
        };
        let path = path.trim_end_matches('/');
        path.strip_suffix(".git").unwrap_or(path).parse().ok()
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

    /// Where a pull request can be read.
    #[must_use]
    pub fn pull_request(&self, number: u64) -> String {
        format!("https://github.com/{}/{}/pull/{number}", self.owner, self.name)
    }

    /// Where its workflows can be watched.
    #[must_use]
    pub fn actions(&self) -> String {
        format!("https://github.com/{}/{}/actions", self.owner, self.name)
    }
}

/// The text is not `owner/name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not `owner/name`")]
pub struct NotASlug;

impl FromStr for Slug {
    type Err = NotASlug;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (owner, name) = text.split_once('/').ok_or(NotASlug)?;
        let is_name = |text: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            // Dots alone would lead elsewhere in a URL.
            text.bytes().any(|byte| byte != b'.') && text.bytes().all(is_plain)
        };
        let slug = || Self { owner: owner.to_owned(), name: name.to_owned() };
        (is_name(owner) && is_name(name)).then(slug).ok_or(NotASlug)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_credentials() {
        for url in [
            "git@github.com:unkeyed/unkey.git",
            "https://github.com/unkeyed/unkey",
            "https://user:secret@github.com/unkeyed/unkey.git/",
            "ssh://git@github.com/unkeyed/unkey.git",
        ] {
            let slug = Slug::of_url(url).unwrap_or_else(|| panic!("`{url}`"));
            assert_eq!(slug.pull_request(3), "https://github.com/unkeyed/unkey/pull/3");
            assert_eq!(slug.actions(), "https://github.com/unkeyed/unkey/actions");
        }
        for url in [
            "/srv/git/unkey.git",
            "https://example.com/a/b",
            "git@github.com:a",
            "https://github.com/a/b/c",
            "git@github.com:a/b?x",
        ] {
            assert_eq!(Slug::of_url(url), None, "`{url}`");
        }
    }

    #[test]
    fn names_are_plain() {
        assert_eq!("unkeyed/unkey.js".parse::<Slug>().unwrap().to_string(), "unkeyed/unkey.js");
        for text in ["", "a", "a/", "/b", "a/b/c", "a/..", "./b", "a b/c", "a/b?c"] {
            assert_eq!(text.parse::<Slug>(), Err(NotASlug), "`{text}`");
        }
    }
}
