//! Which pull request a commit of main came from, and where it can be read.
//!
//! Owns the two forms that GitHub gives commits: `Title (#123)` for a squash, `Merge pull request #123 from ...` with the
//! title below for a merge.

use serde::Serialize;

use crate::git::Message;

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
}
