//! Where a configuration with credentials is, as errors tell it.

use std::fmt;
use std::path::PathBuf;

/// Where a configuration is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// In an environment variable.
    Variable(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "`{}`", path.display()),
            Self::Variable(name) => write!(formatter, "`{name}`"),
        }
    }
}
