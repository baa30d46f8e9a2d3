//! Storing a registry's credentials where docker does, so that push and docker find them, and forgetting them again.
//!
//! Owns what is accepted and whether a file or a helper gets it. What they are filed under, and looking them up, is
//! `credentials`'.

mod config_file;

use std::path::{Path, PathBuf};

use crate::Error;
use crate::credentials::Wanted;
use crate::secret::Secret;
use oci::reference::Repository;

use config_file::ConfigFile;

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
    pub fn new(registry: &str, username: &str, mut password: String) -> Result<Self, Error> {
        let registry = host(registry)?;
        if username.is_empty() || username.contains(':') || username.contains(char::is_control) {
            return Err(Error::Username { username: username.to_owned() });
        }
        let end = password.strip_suffix("\r\n").or(password.strip_suffix('\n')).unwrap_or(&password).len();
        password.truncate(end);
        if password.trim().is_empty() {
            return Err(Error::EmptyPassword);
        }
        if password.contains('\0') {
            return Err(Error::PasswordWithNul);
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
fn host(registry: &str) -> Result<String, Error> {
    let repository: Result<Repository, _> = format!("{}/any", registry.trim_end_matches('/')).parse();
    let repository = repository.map_err(|source| Error::NoRegistry { registry: registry.to_owned(), source })?;
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
pub fn store(login: &Login, folder: Option<&Path>) -> Result<Kept, Error> {
    let mut config = ConfigFile::read(folder.ok_or(Error::NoConfigFolder)?)?;
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
pub fn forget(registry: &str, folder: Option<&Path>) -> Result<Forgotten, Error> {
    let registry = host(registry)?;
    let mut config = ConfigFile::read(folder.ok_or(Error::NoConfigFolder)?)?;
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
