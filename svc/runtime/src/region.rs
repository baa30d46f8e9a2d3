//! Where a service runs. Owns the syntax of a region's name; which regions exist is up to whoever deploys.

use std::fmt;
use std::str::FromStr;

/// The name of a region, such as `us-east-1.aws` or `local`: 1 to 63 of `a-z`, `0-9`, `-` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region(String);

/// Why a text is no region.
#[derive(Debug, thiserror::Error)]
#[error("must be 1 to 63 of `a-z`, `0-9`, `-` and `.`, such as `us-east-1.aws`, not `{}`", .0.escape_debug())]
pub struct InvalidRegion(String);

impl Region {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        let valid = (1..=63).contains(&text.len()) && text.bytes().all(allowed);
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidRegion(text.to_owned())) }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for text in ["local", "us-east-1.aws", &"a".repeat(63)] {
            assert_eq!(text.parse::<Region>().expect("a region").as_str(), text);
        }
        for text in ["", "US", "a b", "a/b", &"a".repeat(64)] {
            assert!(text.parse::<Region>().is_err(), "{text:?}");
        }
    }
}
