//! The name of a service: one grammar for its tag, image, folders, crate, stamp and host name.
//!
//! Owns the grammar, and which names are taken by something else.

use std::fmt;

use serde::Serialize;
use terminal::printable;

use crate::Error;

/// The longest name, in bytes: with `-command` behind it and a version in front of a tag, all stay within their limits.
pub(crate) const LENGTH_LIMIT: usize = 40;

/// Names that keep the grammar and cannot be a service's, with the reason.
const RESERVED: [(&str, &[&str]); 5] = [
    ("the folder that all services share is called so", &["util"]),
    ("the command line client is called so", &["cli"]),
    ("a target beside the binary is called so", &["all", "image", "it", "load", "push"]),
    ("a crate of Rust itself is called so", &["alloc", "core", "proc-macro", "std", "test"]),
    ("cargo keeps the name for a folder of its own", &["build", "deps", "examples", "incremental"]),
];

/// Words that no crate can be called, as of edition 2024.
// keep sorted
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// A name that keeps the grammar `[a-z][a-z0-9]*(-[a-z0-9]+)*`, at most 40 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ServiceName(String);

impl ServiceName {
    /// Reads a name as it was typed. Whether a service can have it is [`Self::check_reserved`].
    ///
    /// # Errors
    /// When it breaks the grammar.
    pub fn parse(text: &str) -> Result<Self, Error> {
        problem(text).map_or_else(|| Ok(Self(text.to_owned())), |reason| Err(refused(text, reason)))
    }

    /// Takes only a name that is free for services.
    ///
    /// # Errors
    /// When something that is no service has it.
    pub fn check_reserved(&self) -> Result<(), Error> {
        if KEYWORDS.contains(&self.as_str()) {
            return Err(refused(&self.0, "it is a word of Rust, so that no crate can be called so"));
        }
        let reserved = RESERVED.iter().find(|(_, names)| names.contains(&self.as_str()));
        reserved.map_or(Ok(()), |(reason, _)| Err(refused(&self.0, reason)))
    }

    /// The name: `billing-api`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it stands in Rust: `billing_api`.
    #[must_use]
    pub fn identifier(&self) -> String {
        self.0.replace('-', "_")
    }

    /// The key of its version in Bazel's workspace status: `STABLE_VERSION_BILLING_API`.
    #[must_use]
    pub fn stamp_key(&self) -> String {
        format!("STABLE_VERSION_{}", self.identifier().to_uppercase())
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn refused(name: &str, reason: &str) -> Error {
    Error::Name { name: printable::name(name.as_ref()), reason: reason.to_owned() }
}

/// Which rule a text breaks: `the service's name ...`.
fn problem(text: &str) -> Option<&'static str> {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if text.is_empty() {
        Some("the service's name is empty")
    } else if text.len() > LENGTH_LIMIT {
        Some("the service's name is longer than 40 characters")
    } else if !text.starts_with(|first: char| first.is_ascii_lowercase()) {
        Some("the service's name does not start with a small letter")
    } else if text.contains('_') {
        Some("the service's name has a `_`")
    } else if !text.split('-').all(is_word) {
        Some("the service's name is not made of small letters, digits, and single `-` between them")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use terminal::Diagnostic as _;

    use super::*;

    #[test]
    fn names_of_the_grammar() {
        for name in ["api", "b2", "billing-api", "a", "a1-2-b", &"a".repeat(LENGTH_LIMIT)] {
            let parsed = ServiceName::parse(name).unwrap();
            assert_eq!(parsed.to_string(), name);
            assert_eq!(parsed.check_reserved(), Ok(()), "{name}");
        }
        let name = ServiceName::parse("billing-api").unwrap();
        assert_eq!(
            (name.identifier().as_str(), name.stamp_key().as_str()),
            ("billing_api", "STABLE_VERSION_BILLING_API")
        );
    }

    #[test]
    fn each_rule_is_named() {
        for (text, reason) in [
            ("", "is empty"),
            (&*"a".repeat(LENGTH_LIMIT + 1), "longer than 40 characters"),
            ("2b", "does not start with a small letter"),
            ("-a", "does not start with a small letter"),
            ("Api", "does not start with a small letter"),
            ("billing_api", "has a `_`"),
            ("a-", "single `-` between"),
            ("a--b", "single `-` between"),
            ("apI", "single `-` between"),
            ("a/b", "single `-` between"),
            ("a.b", "single `-` between"),
            ("a b", "single `-` between"),
            ("a\n", "single `-` between"),
            ("\u{430}pi", "does not start with a small letter"),
        ] {
            let error = ServiceName::parse(text).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert!(error.to_string().bytes().all(|byte| matches!(byte, b' '..=b'~')), "{error}");
        }
        let underscore = ServiceName::parse("billing_api").unwrap_err();
        assert_eq!(underscore.hint().as_deref(), Some("write `-` in place of `_`: `billing-api`"));
    }

    #[test]
    fn what_something_else_is_called_is_reserved() {
        for name in ["util", "cli", "image", "push", "load", "it", "all", "std", "core", "test", "build", "fn", "gen"] {
            let error = ServiceName::parse(name).unwrap().check_reserved().unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{name}` cannot be the name of a service: ")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn the_grammar_is_the_documented_one(text in "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,3}") {
            prop_assert_eq!(ServiceName::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn a_refusal_is_printable(text in any::<String>()) {
            if let Err(error) = ServiceName::parse(&text) {
                prop_assert!(error.to_string().bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            }
        }
    }
}
