//! Which services there are: the folders of `build/` with a BUILD file, but for `util`.
//!
//! Owns that list and what is said of a name that is not on it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is released from this repository and is no image.
pub const CLI: &str = "cli";

/// The folder of `build/` that the services share.
const SHARED: &str = "util";

/// How alike a name must be to an unknown one to be offered instead, from 0 to 1.
const SIMILAR: f64 = 0.7;

/// What can be wrong with services.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The folders cannot be listed.
    #[error("cannot list the services in `{folder}`")]
    List {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is none of that name.
    #[error("unknown service `{name}`, known are {known}")]
    Unknown {
        /// As typed, printable.
        name: String,
        /// All names, with backticks and commas.
        known: String,
        /// The name that looks most like it.
        nearest: Option<String>,
    },
}

impl ServiceError {
    /// Whether the answer is a "no" rather than a "don't know".
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// What to type instead, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            _ => None,
        }
    }
}

/// The names of the services, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services(Vec<String>);

impl Services {
    /// Those of the repository in this folder.
    ///
    /// # Errors
    /// When `build/` cannot be read.
    pub fn read(repository: &Path) -> Result<Self, ServiceError> {
        let folder = repository.join("build");
        let failed = |source| ServiceError::List { folder: folder.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name != SHARED && entry.path().join("BUILD.bazel").is_file() {
                names.push(name);
            }
        }
        names.sort();
        Ok(Self(names))
    }

    #[cfg(test)]
    pub(crate) fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|&name| name.to_owned()).collect())
    }

    /// With the command line client, which has tags but no image.
    #[must_use]
    pub fn with_cli(mut self) -> Self {
        if !self.0.iter().any(|name| name == CLI) {
            self.0.push(CLI.to_owned());
        }
        self
    }

    /// All names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Takes only a name that is on the list.
    ///
    /// # Errors
    /// When it is not.
    pub fn expect(&self, name: &str) -> Result<(), ServiceError> {
        if self.0.iter().any(|known| known == name) {
            return Ok(());
        }
        let known: Vec<String> = self.0.iter().map(|known| format!("`{known}`")).collect();
        let similarity = |known: &String| strsim::jaro_winkler(known, name);
        let nearest = self
            .0
            .iter()
            .filter(|known| similarity(known) >= SIMILAR)
            .max_by(|left, right| similarity(left).total_cmp(&similarity(right)));
        Err(ServiceError::Unknown {
            name: crate::printable::name(name.as_ref()),
            known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
            nearest: nearest.cloned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_the_folders_with_a_build_file() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["util", "worker", "api"] {
            fs::create_dir_all(folder.path().join("build").join(name)).unwrap();
            fs::write(folder.path().join("build").join(name).join("BUILD.bazel"), "").unwrap();
        }
        fs::create_dir_all(folder.path().join("build/notes")).unwrap();
        fs::write(folder.path().join("build/BUILD.bazel"), "").unwrap();
        let read = Services::read(folder.path()).unwrap();
        assert_eq!(read, Services::of(&["api", "worker"]));
        assert_eq!(read.with_cli().with_cli(), Services::of(&["api", "worker", "cli"]));
    }

    #[test]
    fn a_repository_without_services_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = Services::read(folder.path()).unwrap_err();
        assert!(!error.is_refusal());
        assert_eq!(
            error.to_string(),
            format!("cannot list the services in `{}`", folder.path().join("build").display())
        );
    }

    #[test]
    fn an_unknown_name_gets_the_known_ones_and_the_nearest() {
        let services = Services::of(&["api", "control-plane", "worker"]);
        assert!(services.expect("worker").is_ok());
        let error = services.expect("wroker").unwrap_err();
        assert!(error.is_refusal());
        assert_eq!(error.to_string(), "unknown service `wroker`, known are `api`, `control-plane`, `worker`");
        assert_eq!(error.hint().unwrap(), "did you mean `worker`?");
        assert_eq!(services.expect("zzz").unwrap_err().hint(), None);
    }
}
