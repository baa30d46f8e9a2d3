//! The id of a key or a deployment: what may stand in a path, whether a user or a server says it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest id, in bytes. A UUID has 36.
const LONGEST: usize = 100;

/// What every API key begins with.
pub const KEY_PREFIX: &str = "unkey_";

/// Letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct Id(String);

/// Why a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// It cannot be one.
    #[error("an id is 1 to {LONGEST} letters, digits, `-` and `_`")]
    Characters,
    /// It is a key, which now stands in the shell's history.
    #[error(
        "this is a key and not its id: it has now been seen, so revoke it by the id that `unkey api keys list` shows"
    )]
    Key,
}

impl Id {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.starts_with(KEY_PREFIX) {
            return Err(IdError::Key);
        }
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=LONGEST).contains(&text.len()) || !text.bytes().all(is_valid) {
            return Err(IdError::Characters);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Id {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_stand_in_a_path() {
        assert_eq!("0198a6f0-1c9e-7000-8000-000000000000".parse::<Id>().unwrap().as_str().len(), 36);
        for text in ["", "a/b", "..", "a?b", "a b", "ä", &"a".repeat(LONGEST + 1)] {
            assert_eq!(text.parse::<Id>(), Err(IdError::Characters), "{text}");
        }
        assert_eq!("unkey_AAAA".parse::<Id>(), Err(IdError::Key));
    }
}
