//! Values that nobody may read: where a configuration takes them from, and a type that never shows them.

use std::env::{self, VarError};
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use crate::small_file::read_small_text;

/// A secret's value. It shows itself as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Where a configuration takes a secret from: `{ env = "UNKEY_TOKEN" }` or `{ file = "/run/secrets/token" }`.
///
/// Never the value itself: configurations are committed, mounted and shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable.
    Variable(String),
    /// A file, without the line breaks at its end.
    File(PathBuf),
}

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable holds nothing that can be a secret.
    #[error("is taken from the variable `{name}`, which {problem}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong with it, such as "is not set".
        problem: &'static str,
    },
    /// The file cannot be read as text.
    #[error("is taken from the file `{}`, which cannot be read: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said: a refusal of a configuration is one line.
        reason: String,
    },
    /// The file holds nothing.
    #[error("is taken from the file `{}`, which is empty", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
}

impl SecretSource {
    /// The secret as it is now.
    ///
    /// # Errors
    ///
    /// When the variable or the file cannot be read, or holds nothing.
    pub fn read(&self) -> Result<Secret, SecretError> {
        match self {
            Self::Variable(name) => {
                let refused = |problem| Err(SecretError::Variable { name: name.clone(), problem });
                // The standard library panics at some of these, or calls them not set.
                if name.is_empty() || name.contains(['=', '\0']) {
                    return refused("can be no variable's name");
                }
                match env::var(name) {
                    Ok(value) if value.is_empty() => refused("is empty"),
                    Ok(value) => Ok(Secret(value)),
                    Err(VarError::NotPresent) => refused("is not set"),
                    Err(VarError::NotUnicode(_)) => refused("is not UTF-8"),
                }
            }
            Self::File(path) => {
                let read = read_small_text(path);
                let text = read.map_err(|error| SecretError::File { path: path.clone(), reason: error.to_string() })?;
                let value = text.trim_end_matches(['\r', '\n']);
                if value.is_empty() {
                    return Err(SecretError::EmptyFile { path: path.clone() });
                }
                Ok(Secret(value.to_owned()))
            }
        }
    }
}

/// As typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceTable {
    env: Option<String>,
    file: Option<PathBuf>,
}

const EXPECTED: &str = "`{ env = \"NAME\" }` or `{ file = \"PATH\" }`";

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

struct SourceVisitor;

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = SecretSource;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(EXPECTED)
    }

    // serde's own message would repeat the text, which is somebody's secret.
    fn visit_str<E: serde::de::Error>(self, _value: &str) -> Result<SecretSource, E> {
        Err(E::custom(format_args!("must not stand in the configuration: give {EXPECTED}")))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretSource, A::Error> {
        let table = SourceTable::deserialize(MapAccessDeserializer::new(map))?;
        match (table.env, table.file) {
            (Some(name), None) => Ok(SecretSource::Variable(name)),
            (None, Some(path)) => Ok(SecretSource::File(path)),
            _ => Err(A::Error::custom(format_args!("must have one source: give {EXPECTED}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;

    #[derive(Debug, Deserialize)]
    struct Holder {
        token: SecretSource,
    }

    fn source(toml: &str) -> Result<SecretSource, String> {
        toml::from_str::<Holder>(toml).map(|holder| holder.token).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_secret_shows_nothing() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn a_value_in_the_configuration_is_refused_and_not_repeated() {
        let error = source("token = \"hunter2\"").expect_err("refused");
        assert!(error.contains("must not stand in the configuration") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn exactly_one_source() {
        assert_eq!(source("token = { env = \"A\" }"), Ok(SecretSource::Variable("A".to_owned())));
        assert_eq!(source("token = { file = \"/a\" }"), Ok(SecretSource::File("/a".into())));
        for toml in ["token = {}", "token = { env = \"A\", file = \"/a\" }"] {
            assert!(source(toml).expect_err("refused").contains("must have one source"), "{toml}");
        }
        assert!(source("token = { evn = \"A\" }").expect_err("refused").contains("unknown field `evn`"));
    }

    #[test]
    fn files_lose_their_last_line_break_and_must_hold_something() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        let source = SecretSource::File(path.clone());
        assert!(matches!(source.read(), Err(SecretError::File { .. })));
        fs::write(&path, "\n").expect("written");
        assert!(matches!(source.read(), Err(SecretError::EmptyFile { .. })));
        fs::write(&path, "a b\r\n").expect("written");
        assert_eq!(source.read().expect("read").expose(), "a b");
    }

    #[test]
    fn a_variable_that_holds_nothing_is_named() {
        let cases =
            [("UNKEY_NO_SUCH", "is not set"), ("", "can be no variable's name"), ("a=b", "can be no variable's name")];
        for (name, problem) in cases {
            let error = SecretSource::Variable(name.to_owned()).read().expect_err("refused");
            assert_eq!(error.to_string(), format!("is taken from the variable `{name}`, which {problem}"));
        }
    }
}
