//! Credentials for a registry, as Docker, podman and go-containerregistry find them.
//!
//! Owns where credentials are looked for and what counts as some; `key` says what they are filed under, `docker_config` reads
//! a configuration, `entry` a stored entry of it, `helper` speaks with programs that keep secrets elsewhere. `login` writes
//! by the same modules. What is done with credentials is the registry client's.

mod docker_config;
mod entry;
mod helper;
mod key;
mod place;
mod sources;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;

use crate::Error;
use crate::secret::Secret;

pub(crate) use docker_config::DockerConfig;
pub(crate) use helper::Helper;
pub(crate) use key::Wanted;
pub use place::Place;

/// What is stored for a registry or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// Nothing, or an empty entry.
    Anonymous,
    /// For the Basic scheme, and to request tokens.
    Password {
        /// May be empty where the password is not.
        user: String,
        /// May be empty where the user is not.
        password: Secret,
    },
    /// To request tokens by OAuth's `refresh_token`.
    IdentityToken(Secret),
    /// Goes to the registry as it is, by the Bearer scheme.
    RegistryToken(Secret),
}

impl Credentials {
    /// A user and a password, where there is either.
    fn of(user: &str, password: &str) -> Self {
        if user.is_empty() && password.is_empty() {
            return Self::Anonymous;
        }
        Self::Password { user: user.to_owned(), password: password.to_owned().into() }
    }

    /// The `Authorization` header of the Basic scheme, which knows only users and passwords.
    pub(crate) fn basic_header(&self) -> Option<HeaderValue> {
        let Self::Password { user, password } = self else { return None };
        let encoded = STANDARD.encode(format!("{user}:{}", password.expose()));
        let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// For errors.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Anonymous => "without credentials",
            Self::Password { .. } | Self::IdentityToken(_) | Self::RegistryToken(_) => {
                "with the configured credentials"
            }
        }
    }
}

/// Looks up the repository `path` of the registry `host`. Nothing configured and no entry mean anonymous; anything else
/// that fails is an error, since a silent fall back to anonymous would show as a baffling refusal later.
///
/// The first of the [`sources`] that has something wins; in each file, the registry's own helper goes before the helper of
/// all registries, and both before what stands in the file, which an earlier login may have left there.
pub(crate) async fn find(host: &str, path: &str) -> Result<Credentials, Error> {
    let wanted = Wanted::new(host, path);
    // A helper is a process that may ask the user or the network.
    match tokio::task::spawn_blocking(move || look_up(&wanted)).await {
        Ok(found) => found,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

fn look_up(wanted: &Wanted) -> Result<Credentials, Error> {
    // As docker has it, the variable knows no helpers, and one that is broken hides no file: it is told where no file helps.
    let in_variable = match sources::variable() {
        None => Ok(Credentials::Anonymous),
        Some(document) => document.and_then(|document| document.stored(wanted)),
    };
    if let Ok(found) = &in_variable
        && *found != Credentials::Anonymous
    {
        return in_variable;
    }
    for document in sources::documents() {
        let found = look_up_in(&document?, wanted)?;
        if found != Credentials::Anonymous {
            return Ok(found);
        }
    }
    in_variable
}

fn look_up_in(document: &DockerConfig, wanted: &Wanted) -> Result<Credentials, Error> {
    if let Some(helper) = document.helper(wanted)? {
        let found = helper.get(wanted.filed_under()).map_err(|source| document.helper_failed(source))?;
        if found != Credentials::Anonymous {
            return Ok(found);
        }
    }
    document.stored(wanted)
}
