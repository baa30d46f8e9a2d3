//! Who is asked, and with which key: what was typed before what is set, and that before what is stored.

use std::path::PathBuf;

use crate::address::{Address, Role};
use crate::credentials::{Credentials, File};
use crate::environment::{self, UNKEY_ROOT_KEY};
use crate::error::Error;
use crate::secret::Secret;

/// The addresses that were typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// `--api-url`.
    pub api_url: Option<String>,
    /// `--control-url`.
    pub control_url: Option<String>,
}

impl Typed {
    fn of(&self, role: Role) -> Option<&str> {
        match role {
            Role::Api => self.api_url.as_deref(),
            Role::Control => self.control_url.as_deref(),
        }
    }

    /// The address that was typed or is set; none where neither is.
    ///
    /// # Errors
    /// When it is no address.
    pub fn named(&self, role: Role) -> Result<Option<Address>, Error> {
        if let Some(text) = self.of(role) {
            return Address::new(text, role.flag()).map(Some);
        }
        let set = environment::read_text(role.variable());
        set.map(|text| Address::new(&text, role.variable())).transpose()
    }
}

/// Where a key is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The variable of this name.
    Variable(&'static str),
    /// The file of `auth login`.
    File(PathBuf),
}

/// A server, and the key that it gets.
#[derive(Clone, Debug)]
pub struct Target {
    /// Which of the servers.
    pub role: Role,
    /// Where it is.
    pub address: Address,
    /// What it is told.
    pub key: Secret,
    /// Where the key is from.
    pub origin: Origin,
}

/// Finds out who is asked with which key.
///
/// # Errors
/// When there is no address or no key, or the stored key is another server's.
pub fn target(role: Role, typed: &Typed) -> Result<Target, Error> {
    let (named, set) = (typed.named(role)?, key_of_environment()?);
    // Who says all on a command line or in the environment needs no file, nor a home for it.
    if let (Some(address), Some(key)) = (&named, &set) {
        let origin = Origin::Variable(UNKEY_ROOT_KEY);
        return Ok(Target { role, address: address.clone(), key: key.clone(), origin });
    }
    // A machine of CI may have no home; then nothing is stored.
    let file = File::of_user().ok();
    let stored = file.as_ref().map(File::load).transpose()?.flatten();
    let kept = match (&stored, &file) {
        (Some(credentials), Some(file)) => address_of(role, credentials, file)?,
        _ => None,
    };
    let address = match (named, &kept, role) {
        (Some(address), _, _) => address,
        (None, Some(address), _) => address.clone(),
        (None, None, Role::Api) => Address::hosted(),
        (None, None, Role::Control) => return Err(Error::NoControlUrl),
    };
    if let Some(key) = set {
        return Ok(Target { role, address, key, origin: Origin::Variable(UNKEY_ROOT_KEY) });
    }
    let (Some(credentials), Some(file)) = (stored, file) else {
        return Err(Error::NotLoggedIn { url: address.to_string() });
    };
    // An address is easily set by others than who stored the key: it goes to whom it was stored for.
    if !kept.as_ref().is_some_and(|kept| kept.is_same_server(&address)) {
        let stored = kept.map_or_else(|| format!("no {}", role.name()), |kept| kept.to_string());
        return Err(Error::OtherServer { url: address.to_string(), stored, role });
    }
    Ok(Target { role, address, key: credentials.key, origin: Origin::File(file.path().to_owned()) })
}

/// The key of the environment.
///
/// # Errors
/// When what is there can be none.
pub fn key_of_environment() -> Result<Option<Secret>, Error> {
    let invalid = |source| Error::Key { origin: format!("`{UNKEY_ROOT_KEY}`"), source };
    environment::read_text(UNKEY_ROOT_KEY).map(|text| Secret::new(&text).map_err(invalid)).transpose()
}

fn address_of(role: Role, credentials: &Credentials, file: &File) -> Result<Option<Address>, Error> {
    let text = match role {
        Role::Api => Some(credentials.api_url.as_str()),
        Role::Control => credentials.control_url.as_deref(),
    };
    text.map(|text| Address::new(text, &file.path().display().to_string())).transpose()
}
