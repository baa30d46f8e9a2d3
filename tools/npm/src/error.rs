//! What can go wrong with packages, and what to do about it.

use std::io;
use std::path::PathBuf;

use terminal::{Diagnostic, Verdict};

use crate::failure::Failure;
use crate::platform::Platform;

/// A version that npm has with other bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id} is published as {published}, and would be {own}")]
pub struct Difference {
    /// `NAME@VERSION`.
    pub id: String,
    /// The integrity of what npm has.
    pub published: String,
    /// The integrity of what was to be published.
    pub own: String,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A platform has no binary, or more than one.
    #[error("{platform} has {count} binaries, and not one")]
    Binaries {
        /// The platform.
        platform: Platform,
        /// How many it has.
        count: usize,
    },
    /// A file that goes into a package cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A tarball cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// npm cannot be started.
    #[error("cannot run `{}`", program.display())]
    Start {
        /// What was to be run.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// npm could not find out whether a package is there.
    #[error("npm cannot look up {id}")]
    LookUp {
        /// `NAME@VERSION`, or `NAME`.
        id: String,
        /// What npm says.
        source: Failure,
    },
    /// npm succeeded, and what it printed is not what it prints.
    #[error("npm's answer about {id} is not understood: {answer}")]
    Answer {
        /// `NAME@VERSION`, or `NAME`.
        id: String,
        /// The beginning of what it printed.
        answer: String,
    },
    /// npm could not publish a package, and does not have it.
    #[error("npm cannot publish {id}")]
    Publish {
        /// `NAME@VERSION`.
        id: String,
        /// What npm says.
        source: Failure,
    },
    /// Versions are there with other bytes. Nothing is published then.
    #[error("npm has other bytes under this version:{}", terminal::list(differences))]
    Differences {
        /// Every package of which that is so.
        differences: Vec<Difference>,
    },
    /// Ctrl-C, or the caller said that it is enough. What is published stays.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// Whether somebody wanted it to end.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted)
    }
}

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Binaries { .. } => {
                "every platform of the client needs one; look into `artifacts.json` of the build".to_owned()
            }
            Self::Start { program, .. } => format!("is `{}` there, and executable?", program.display()),
            Self::LookUp { source, .. } => source.hint_of_reading(),
            Self::Publish { source, .. } => source.hint_of_publishing(),
            Self::Answer { .. } => "is `npm config get registry` a registry of npm packages?".to_owned(),
            Self::Differences { .. } => "a published version never changes: release the next version".to_owned(),
            Self::Read { .. } | Self::Write { .. } | Self::Interrupted => return None,
        };
        Some(text)
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::Binaries { .. } | Self::Differences { .. } => Verdict::Refused,
            _ => Verdict::Unknown,
        }
    }
}
