//! What keeps Bazel from building an image or from telling about one, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use terminal::{Diagnostic, Verdict};

/// What keeps an image from being built or known. Targets are labels, as people type them.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The wrapper cannot be run to its end.
    #[error("cannot run `{program}`")]
    Start {
        /// The wrapper.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Bazel was interrupted, or does not get as far as building.
    #[error("Bazel ended with {status}, what it said is above")]
    Status {
        /// How it ended.
        status: ExitStatus,
    },
    /// The target is broken.
    #[error("`{target}` does not build, what Bazel said is above")]
    Target {
        /// The target.
        target: String,
    },
    /// What was built is not what it promises to be.
    #[error("`{target}` says {status}: what it looks at breaks its contract, the findings are above")]
    Contract {
        /// The test.
        target: String,
        /// Bazel's word for how it ended.
        status: String,
    },
    /// What Bazel built is no image.
    #[error("`{target}` makes no OCI layout")]
    NoLayout {
        /// The target.
        target: String,
    },
    /// Bazel built no file, several, or one that is only in a remote cache.
    #[error("`{target}` makes no file on this machine, or several")]
    NoFile {
        /// The target.
        target: String,
    },
    /// There is no place for Bazel's events.
    #[error("cannot make a temporary folder")]
    Folder(#[source] io::Error),
    /// Bazel's events have another form.
    #[error("Bazel's events in `{path}` are not understood")]
    Events {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Bazel cannot read the packages of services.
    #[error("Bazel cannot tell where the images of {services} go: {status}, what it said is above")]
    Destinations {
        /// With commas between them.
        services: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// Bazel's answer about `:push` targets has another form.
    #[error("what Bazel says of `:push` targets is not understood")]
    Answer(#[source] serde_json::Error),
    /// The target is none of `service_image`.
    #[error("`{target}` has no `repository`")]
    NoRepository {
        /// The target.
        target: String,
    },
    /// A service's repository or the registry in its place has no valid name.
    #[error(transparent)]
    Reference(#[from] oci::Error),
    /// Bazel does not know, because these targets or something below them is broken.
    #[error("Bazel cannot tell the dependencies of {targets}: {message}")]
    Dependencies {
        /// The targets, with commas between them.
        targets: String,
        /// The end of what it said.
        message: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file has another form than expected.
    #[error("`{path}` is not a valid {kind}: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What it should be.
        kind: &'static str,
        /// Why it is not.
        message: String,
    },
}

/// The text of a file.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read(path: &Path) -> Result<String, BuildError> {
    std::fs::read_to_string(path).map_err(|source| BuildError::Read { path: path.to_owned(), source })
}

impl Diagnostic for BuildError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Reference(error) => error.hint(),
            _ => None,
        }
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::Target { .. } | Self::Contract { .. } => Verdict::Refused,
            _ => Verdict::Unknown,
        }
    }
}
