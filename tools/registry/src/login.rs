//! Storing a registry's credentials where docker does, so that push and docker find them, and forgetting them again.
//!
//! Owns what is accepted and whether a file or a helper gets it. What they are filed under, and looking them up, is
//! `credentials`'.

mod config_file;

use std::path::{Path, PathBuf};

use crate::credentials::{CredentialsError, Wanted};
use crate::secret::Secret;
use oci::reference::{ReferenceError, Repository};

use config_file::ConfigFile;

pub use config_file::WriteConfigError;

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
    /// No program takes it for a part of a text.
    #[error("the password has a NUL in it")]
    Nul,
    /// There is no place for it.
    #[error("there is no folder for docker's `config.json`")]
    NoFolder,
    /// The file, or the helper that it names, cannot be used.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteConfigError),
}

impl LoginError {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Registry { .. } => Some("name its host, such as `ghcr.io`".to_owned()),
            Self::EmptyPassword => Some("is the variable set that it comes from?".to_owned()),
            Self::Nul => Some("pipe in the password alone: printf %s \"$TOKEN\" | image login ...".to_owned()),
            Self::NoFolder => Some("set `DOCKER_CONFIG` or `HOME`".to_owned()),
            Self::Credentials(error) => error.hint(),
            Self::Username { .. } | Self::Write(_) => None,
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
    /// Checks what was typed. One line break at the password's end is not part of it: `echo` leaves it there. Those in its
    /// middle are: a cloud's key is a document of many lines.
    ///
    /// # Errors
    /// When it makes no sense, the empty password above all, which stores well and fails much later.
    pub fn new(registry: &str, username: &str, mut password: String) -> Result<Self, LoginError> {
        let registry = host(registry)?;
        if username.is_empty() || username.contains(':') || username.contains(char::is_control) {
            return Err(LoginError::Username { username: username.to_owned() });
        }
        let end = password.strip_suffix("\r\n").or(password.strip_suffix('\n')).unwrap_or(&password).len();
        password.truncate(end);
        if password.trim().is_empty() {
            return Err(LoginError::EmptyPassword);
        }
        if password.contains('\0') {
            return Err(LoginError::Nul);
        }
        Ok(Self { registry, username: username.to_owned(), password: password.into() })
    }

    /// Its host.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }
}

/// The host of a registry as it is typed.
fn host(registry: &str) -> Result<String, LoginError> {
    let repository: Result<Repository, _> = format!("{}/any", registry.trim_end_matches('/')).parse();
    let repository = repository.map_err(|source| LoginError::Registry { registry: registry.to_owned(), source })?;
    Ok(repository.host().to_owned())
}

/// Where credentials are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// In docker's configuration, as anybody who may read the file can read them.
    InFile {
        /// The file.
        path: PathBuf,
        /// Whether that is more than its owner.
        is_open_to_others: bool,
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
    let wanted = Wanted::registry(&login.registry);
    let Some(helper) = config.helper(&wanted)? else {
        config.set(&wanted, &login.username, &login.password)?;
        config.write()?;
        let (path, is_open_to_others) = (config.path().to_owned(), config.is_open_to_others());
        return Ok(Kept::InFile { path, is_open_to_others });
    };
    let stored = helper.store(wanted.filed_under(), &login.username, &login.password);
    stored.map_err(|source| config.helper_failed(source))?;
    // As docker does: the registry is listed, and what an earlier login has left in the file is not.
    config.set_empty(&wanted)?;
    config.write()?;
    Ok(Kept::ByHelper { helper: helper.program().to_owned() })
}

/// What was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// The registry's host.
    pub registry: String,
    /// Docker's configuration, where the registry stood in it.
    pub path: Option<PathBuf>,
    /// The credential helper, where it knew the registry.
    pub helper: Option<String>,
}

/// Takes a registry's credentials away from where [`store`] puts them; `folder` is docker's. What is stored for a part of
/// the registry only, stays.
///
/// # Errors
/// When the configuration cannot be read or written, or the helper fails; the file is without the registry by then.
pub fn forget(registry: &str, folder: Option<&Path>) -> Result<Forgotten, LoginError> {
    let registry = host(registry)?;
    let mut config = ConfigFile::read(folder.ok_or(LoginError::NoFolder)?)?;
    let wanted = Wanted::registry(&registry);
    let mut forgotten = Forgotten { registry, path: None, helper: None };
    let helper = config.helper(&wanted);
    if config.remove(&wanted)? {
        config.write()?;
        forgotten.path = Some(config.path().to_owned());
    }
    if let Some(helper) = helper?
        && helper.erase(wanted.filed_under()).map_err(|source| config.helper_failed(source))?
    {
        forgotten.helper = Some(helper.program().to_owned());
    }
    Ok(forgotten)
}
