//! What can go wrong with stored credentials, and what to do about it. No secret is in any of it: configurations are told
//! by place and member, and what a helper prints is passed on to nobody.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use http_client::environment::DOCKER_CONFIG;

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

/// Credentials are configured and cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file is there and cannot be read.
    #[error("cannot read {place}")]
    Read {
        /// The file.
        place: Place,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What should be its folder is a file.
    #[error("`{}` is a file, not the folder of one", path.parent().unwrap_or(path).display())]
    Folder {
        /// The file that cannot be in it.
        path: PathBuf,
    },
    /// It is not JSON.
    #[error("{place} is no configuration of docker's")]
    Syntax {
        /// Where it is.
        place: Place,
        /// Where in it: positions and what JSON wants there, nothing of the text.
        #[source]
        source: serde_json::Error,
    },
    /// It is not what a configuration is.
    #[error("{place} is no configuration of docker's: {reason}")]
    Document {
        /// Where it is.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// The registry has an entry that makes no sense.
    #[error("the entry `{key}` in {place} cannot be used: {reason}")]
    Entry {
        /// Where it is.
        place: Place,
        /// What it is filed under.
        key: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The helper that is named does not help.
    #[error("{place} names a credential helper that does not work")]
    Helper {
        /// Where it is named.
        place: Place,
        /// Why.
        #[source]
        source: HelperError,
    },
}

impl CredentialsError {
    /// Whether the file cannot be this user's.
    pub(super) fn is_out_of_reach(&self) -> bool {
        match self {
            Self::Read { source, .. } => source.kind() == io::ErrorKind::PermissionDenied,
            Self::Folder { .. } => true,
            _ => false,
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { place, .. } => Some(format!(
                "who may read {place}? `{DOCKER_CONFIG}` names another folder, with a `config.json` of one's own"
            )),
            Self::Folder { path } => path
                .ends_with("config.json")
                .then(|| format!("`{DOCKER_CONFIG}` names the folder that `config.json` is in, not the file")),
            Self::Syntax { place, .. } | Self::Document { place, .. } => Some(match place {
                Place::File(_) => format!("mend it or move it away, or name another folder with `{DOCKER_CONFIG}`"),
                Place::Variable(name) => format!("mend `{name}`, or unset it"),
            }),
            Self::Entry { key, place, .. } => {
                Some(format!("take `{key}` out of {place}, and log in again with `image login`"))
            }
            Self::Helper { place, source } => Some(source.hint(place)),
        }
    }
}

/// A helper does not do what it is asked for.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// Its name could be the path of any program.
    #[error("`{name}` is no helper's name: it has a `/` in it")]
    Name {
        /// As configured.
        name: String,
    },
    /// It cannot be started, or does not listen.
    #[error("cannot run the credential helper `{program}`")]
    Run {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It says that it failed.
    #[error("the credential helper `{program}` does not {verb}: {status}")]
    Status {
        /// The program.
        program: String,
        /// What it was asked to do: `get`, `store` or `erase`.
        verb: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
    /// It answers with something else than credentials.
    #[error("the credential helper `{program}` answers with something else than credentials")]
    Answer {
        /// The program.
        program: String,
    },
}

impl HelperError {
    fn hint(&self, place: &Place) -> String {
        match self {
            Self::Name { .. } => {
                format!("`credsStore` and `credHelpers` in {place} take the `NAME` of `docker-credential-NAME`")
            }
            Self::Run { program, source } if source.kind() == io::ErrorKind::NotFound => {
                format!("`{program}` is not on the `PATH`: install it, or take it out of {place}")
            }
            Self::Run { program, .. } | Self::Status { program, .. } | Self::Answer { program } => format!(
                "does `{program} list` work? in CI, `{DOCKER_CONFIG}` names a folder without it, whose file is not encrypted"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_another_user_s_is_out_of_reach() {
        for (kind, expected) in [
            (io::ErrorKind::PermissionDenied, true),
            (io::ErrorKind::IsADirectory, false),
            (io::ErrorKind::Other, false),
        ] {
            let error = CredentialsError::Read { place: Place::File("/a".into()), source: kind.into() };
            assert_eq!(error.is_out_of_reach(), expected, "{kind}");
            assert!(error.hint().unwrap().starts_with("who may read `/a`?"));
        }
        assert!(CredentialsError::Folder { path: "/a/config.json".into() }.is_out_of_reach());
        let broken = CredentialsError::Document { place: Place::Variable("A"), reason: String::new() };
        assert!(!broken.is_out_of_reach());
    }
}
