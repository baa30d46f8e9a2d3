//! Storing a registry's credentials where docker does, so that push and docker find them.
//!
//! Owns what is accepted and whether a file or a helper gets it. Looking them up again is `registry::auth`'s.

mod config_file;
mod helper;

use std::path::{Path, PathBuf};

use crate::reference::{ReferenceError, Repository};
use crate::registry::credentials_key;
use crate::secret::Secret;

use config_file::ConfigFile;

pub use config_file::ConfigError;
pub use helper::HelperError;

/// Why credentials are not stored.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// What was typed has no host.
    #[error("`{registry}` is no registry")]
    Registry {
        /// What was typed.
        registry: String,
        /// Why.
        #[source]
        source: ReferenceError,
    },
    /// Basic authentication could not tell where the name ends.
    #[error("`{username}` is no user name: it is empty, or has a colon or a control character in it")]
    Username {
        /// What was typed.
        username: String,
    },
    /// There is none.
    #[error("the password is empty")]
    EmptyPassword,
    /// More than a password is there, or something else.
    #[error("the password has a line break or another control character in it")]
    ControlCharacter,
    /// There is no place for it.
    #[error("there is no folder for docker's `config.json`")]
    NoFolder,
    /// The file cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The helper cannot be used.
    #[error(transparent)]
    Helper(#[from] HelperError),
}

impl LoginError {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Registry { .. } => Some("name its host, such as `ghcr.io`".to_owned()),
            Self::EmptyPassword => Some("is the variable set that it comes from?".to_owned()),
            Self::ControlCharacter => {
                Some("pipe in the password alone: printf %s \"$TOKEN\" | image login ...".to_owned())
            }
            Self::NoFolder => Some("set `DOCKER_CONFIG` or `HOME`".to_owned()),
            Self::Config(error) => error.hint(),
            Self::Helper(error) => Some(error.hint()),
            Self::Username { .. } => None,
        }
    }
}

/// Credentials that can be stored.
#[derive(Debug, Clone)]
pub struct Login {
    registry: String,
    username: String,
    password: Secret,
}

impl Login {
    /// Checks what was typed. One line break at the password's end is not part of it: `echo` leaves it there.
    ///
    /// # Errors
    /// When it makes no sense, the empty password above all, which stores well and fails much later.
    pub fn new(registry: &str, username: &str, mut password: String) -> Result<Self, LoginError> {
        let repository: Repository = format!("{}/any", registry.trim_end_matches('/'))
            .parse()
            .map_err(|source| LoginError::Registry { registry: registry.to_owned(), source })?;
        if username.is_empty() || username.contains(':') || username.contains(char::is_control) {
            return Err(LoginError::Username { username: username.to_owned() });
        }
        let end = password.strip_suffix("\r\n").or(password.strip_suffix('\n')).unwrap_or(&password).len();
        password.truncate(end);
        if password.trim().is_empty() {
            return Err(LoginError::EmptyPassword);
        }
        if password.contains(char::is_control) {
            return Err(LoginError::ControlCharacter);
        }
        Ok(Self { registry: repository.host().to_owned(), username: username.to_owned(), password: password.into() })
    }

    /// Its host.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// What docker files it under.
    fn key(&self) -> &str {
        credentials_key(&self.registry)
    }
}

/// Where credentials are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// In docker's configuration, as anybody who may read the file can read them.
    InFile {
        /// The file.
        path: PathBuf,
    },
    /// Wherever a credential helper keeps them.
    ByHelper {
        /// The program.
        helper: String,
    },
}

/// Stores credentials; `folder` is docker's.
///
/// # Errors
/// When they cannot be stored as the configuration says: they are not stored in another way then.
pub fn store(login: &Login, folder: Option<&Path>) -> Result<Kept, LoginError> {
    let mut config = ConfigFile::read(folder.ok_or(LoginError::NoFolder)?)?;
    let helper = config.helper(login.key())?;
    if let Some(name) = &helper {
        helper::store(name, login.key(), &login.username, &login.password)?;
        // As docker does: the registry is listed, and what an earlier login has left in the file is not.
        config.set_empty(login.key())?;
    } else {
        config.set(login.key(), &login.username, &login.password)?;
    }
    let path = config.write()?;
    Ok(helper.map_or(Kept::InFile { path }, |name| Kept::ByHelper { helper: helper::program(&name) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(registry: &str, username: &str, password: &str) -> String {
        Login::new(registry, username, password.to_owned()).unwrap_err().to_string()
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(refused("unkeyed", "a", "b"), "`unkeyed` is no registry");
        assert_eq!(refused("http://ghcr.io", "a", "b"), "`http://ghcr.io` is no registry");
        for username in ["", "a:b", "a\nb"] {
            assert!(refused("ghcr.io", username, "b").starts_with(&format!("`{username}` is no user name")));
        }
        for password in ["", "\n", "\r\n", " ", " \n"] {
            assert_eq!(refused("ghcr.io", "a", password), "the password is empty");
        }
        for password in ["a\nb", "a\n\n", "a\0", "a\tb", "\u{1b}[0m"] {
            assert!(refused("ghcr.io", "a", password).starts_with("the password has a line break"), "{password:?}");
        }
    }

    #[test]
    fn the_last_line_break_is_not_the_password_s() {
        for password in ["hunter2", "hunter2\n", "hunter2\r\n"] {
            let login = Login::new("https://ghcr.io/unkeyed/", "octocat", password.to_owned()).unwrap();
            assert_eq!((login.registry(), login.password.expose()), ("ghcr.io", "hunter2"));
            assert!(!format!("{login:?}").contains("hunter2"));
        }
    }

    #[test]
    fn docker_hub_has_a_name_of_its_own() {
        let login = Login::new("docker.io", "a", "b".to_owned()).unwrap();
        assert_eq!((login.registry(), login.key()), ("docker.io", "https://index.docker.io/v1/"));
    }
}
