//! What can go wrong with a daemon, and what to do about it.

use std::path::PathBuf;

use oci_spec::image::Digest;

use crate::environment::DOCKER_HOST;
use crate::layout::LayoutError;
use crate::platform::Platform;
use crate::reference::LocalTag;

/// What can go wrong while loading into a daemon.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// Nothing answers.
    #[error("cannot reach a Docker daemon at `{address}`")]
    NoDaemon {
        /// Where it was looked for.
        address: String,
        /// Why.
        #[source]
        source: bollard::errors::Error,
    },
    /// Something takes the connection and does not answer.
    #[error("the daemon at `{address}` does not answer within {seconds} s")]
    Silent {
        /// Where it is.
        address: String,
        /// How long it had.
        seconds: u64,
    },
    /// The address is of a kind that is not spoken.
    #[error("daemon address `{address}` is neither `unix://`, `tcp://` nor `http://`")]
    Address {
        /// From the environment or the docker context.
        address: String,
    },
    /// The docker context that is in use cannot be used.
    #[error("docker context `{name}` has no usable description in `{path}`: {reason}")]
    Context {
        /// Its name.
        name: String,
        /// Where docker keeps it.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The daemon says no.
    #[error("the daemon failed to {operation}")]
    Api {
        /// Such as `load unkey/api:dev`.
        operation: String,
        /// In its own words.
        #[source]
        source: bollard::errors::Error,
    },
    /// The layout has no image for the platform.
    #[error("layout `{path}` has no image for `{wanted}`, only for {available}")]
    NoImage {
        /// The layout.
        path: PathBuf,
        /// The daemon's platform, or the one that was asked for.
        wanted: Platform,
        /// All platforms, with backticks and commas.
        available: String,
    },
    /// The daemon has taken the image, but not its layers.
    #[error("the daemon could not unpack the layers of `{tag}`")]
    NotUnpacked {
        /// What the image is called.
        tag: LocalTag,
    },
    /// The tag does not name the image that was loaded.
    #[error("after loading, `{tag}` is image `{actual}`, it should be `{expected}`")]
    UnexpectedImage {
        /// The tag.
        tag: LocalTag,
        /// The config's digest.
        expected: Digest,
        /// What the daemon says.
        actual: String,
    },
    /// The layout is not what it says.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

impl DaemonError {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoDaemon { .. } | Self::Silent { .. } => {
                Some(format!("start Docker, or set `{DOCKER_HOST}` to the socket of a daemon that runs"))
            }
            Self::Address { .. } => {
                Some(format!("forward the remote socket with `ssh -L` and set `{DOCKER_HOST}=unix://PATH`"))
            }
            Self::Context { .. } => Some(format!("choose another with `docker context use`, or set `{DOCKER_HOST}`")),
            Self::Api { .. } | Self::NotUnpacked { .. } => {
                Some("see the daemon's own log, and whether its disk is full".to_owned())
            }
            Self::NoImage { .. } => Some("choose one with `--platform`".to_owned()),
            Self::Layout(_) => Some("build the image again".to_owned()),
            Self::UnexpectedImage { .. } => None,
        }
    }
}
