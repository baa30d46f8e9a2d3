//! A key, which no error, log or `Debug` shows.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// The longest key, in bytes: far longer than any, and short enough for a header.
pub const LONGEST: usize = 4096;

/// A key that can be sent in a header: visible ASCII.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Secret(String);

/// Why a text is no key. It does not say the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is none.
    #[error("it is empty")]
    Empty,
    /// It is too long.
    #[error("it is longer than {LONGEST} bytes")]
    Long,
    /// It has a character that no header has.
    #[error("it has spaces, line ends or letters that are not ASCII in it")]
    Characters,
}

impl Secret {
    /// A key as it was read; white space around it, such as the end of its line, is no part of it.
    ///
    /// # Errors
    /// When it cannot be one.
    pub fn new(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.len() > LONGEST {
            return Err(SecretError::Long);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretError::Characters);
        }
        Ok(Self(text.to_owned()))
    }

    /// The key itself: for the header, the file, and the user who has just made it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Secret {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        Self::new(&text)
    }
}

/// For the file that keeps it, and the body that presents it.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_a_key() {
        assert_eq!(Secret::new(" unkey_abc\r\n").unwrap().expose(), "unkey_abc");
        let long = "x".repeat(LONGEST + 1);
        let cases = [
            ("", SecretError::Empty),
            (" \n", SecretError::Empty),
            ("two words", SecretError::Characters),
            ("one\nx-header: two", SecretError::Characters),
            ("schlüssel", SecretError::Characters),
            (&long, SecretError::Long),
        ];
        for (text, expected) in cases {
            assert_eq!(Secret::new(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn nothing_shows_it() {
        let secret = Secret::new("hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        let refused = serde_json::from_str::<Secret>("\"hunter2 hunter2\"").unwrap_err();
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}
