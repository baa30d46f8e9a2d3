//! Which pull request a commit of main came from, and where it can be read.
//!
//! Owns the two forms that GitHub gives commits: `Title (#123)` for a squash, `Merge pull request #123 from ...` with the
//! title below for a merge.

use serde::Serialize;

use crate::history::Message;

/// What a commit was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// What people call the change; as it was written, so it must be made printable.
    pub title: String,
    /// The number of its pull request, where it names one.
    pub pull_request: Option<u64>,
}

/// Reads a commit's message.
#[must_use]
pub fn origin(message: &Message) -> Origin {
    let subject = message.subject.as_str();
    if let Some(number) = merged(subject) {
        let title = message.body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(subject);
        return Origin { title: title.to_owned(), pull_request: Some(number) };
    }
    match squashed(subject) {
        Some((title, number)) => Origin { title: title.to_owned(), pull_request: Some(number) },
        None => Origin { title: subject.to_owned(), pull_request: None },
    }
}

fn merged(subject: &str) -> Option<u64> {
    let rest = subject.strip_prefix("Merge pull request #")?;
    number(rest.split_once(" from ")?.0)
}

fn squashed(subject: &str) -> Option<(&str, u64)> {
    let (title, rest) = subject.rsplit_once(" (#")?;
    Some((title, number(rest.strip_suffix(')')?)?))
}

fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// A repository on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHub {
    owner: String,
    name: String,
}

impl GitHub {
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
        let (owner, name) = path.trim_end_matches('/').split_once('/')?;
        let name = name.strip_suffix(".git").unwrap_or(name);
        let is_name = |text: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !text.is_empty() && text.bytes().all(is_plain)
        };
        (is_name(owner) && is_name(name)).then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_github_are_known() {
        for (subject, body, title, pull_request) in [
            ("Fix it (#12)", "", "Fix it", Some(12)),
            ("Revert \"Fix it (#12)\" (#13)", "", "Revert \"Fix it (#12)\"", Some(13)),
            ("Merge pull request #7 from a/b", "Add that\n\nmore", "Add that", Some(7)),
            ("Merge pull request #7 from a/b", "", "Merge pull request #7 from a/b", Some(7)),
            ("Merge branch 'side'", "Body", "Merge branch 'side'", None),
            ("Fix #12", "", "Fix #12", None),
            ("Fix (#x)", "", "Fix (#x)", None),
            ("Fix (#99999999999999999999999)", "", "Fix (#99999999999999999999999)", None),
            ("", "", "", None),
        ] {
            let message = Message { subject: subject.to_owned(), body: body.to_owned() };
            assert_eq!(origin(&message), Origin { title: title.to_owned(), pull_request }, "`{subject}`");
        }
    }

    #[test]
    fn addresses_lose_their_credentials() {
        for url in [
            "git@github.com:unkeyed/unkey.git",
            "https://github.com/unkeyed/unkey",
            "https://user:secret@github.com/unkeyed/unkey.git/",
            "ssh://git@github.com/unkeyed/unkey.git",
        ] {
            let github = GitHub::of_url(url).unwrap_or_else(|| panic!("`{url}`"));
            assert_eq!(github.pull_request(3), "https://github.com/unkeyed/unkey/pull/3");
            assert_eq!(github.actions(), "https://github.com/unkeyed/unkey/actions");
        }
        for url in [
            "/srv/git/unkey.git",
            "https://example.com/a/b",
            "git@github.com:a",
            "https://github.com/a/b/c",
            "git@github.com:a/b?x",
        ] {
            assert_eq!(GitHub::of_url(url), None, "`{url}`");
        }
    }
}
