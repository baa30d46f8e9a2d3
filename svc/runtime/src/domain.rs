//! The public name of a service. Owns its syntax and its one form; resolving it is nobody's business here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A DNS name in its one form: lower case, without the root's dot. RFC 1123, section 2.1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

/// Why a text is no domain.
#[derive(Debug, thiserror::Error)]
#[error("must be a domain such as `api.unkey.com`, without scheme, port and path, not `{}`", .0.escape_debug())]
pub struct InvalidDomain(String);

impl Domain {
    /// The domain as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = InvalidDomain;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if name.len() <= 253 && name.split('.').all(is_label) {
            Ok(Self(name))
        } else {
            Err(InvalidDomain(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Domain {
    type Error = InvalidDomain;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

fn is_label(label: &str) -> bool {
    let characters = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    characters && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form() {
        for (text, expected) in
            [("API.Unkey.com", "api.unkey.com"), ("unkey.com.", "unkey.com"), ("localhost", "localhost")]
        {
            assert_eq!(text.parse::<Domain>().expect("a domain").as_str(), expected);
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        assert!(serde_json::from_str::<Domain>("\"a..b\"").is_err());
        for text in ["", ".", "a..b", "-a.b", "a-.b", "https://a.b", "a.b:80", "a.b/c", "a b", "ä.b", &"a".repeat(64)]
        {
            assert!(text.parse::<Domain>().is_err(), "{text:?}");
        }
    }
}
