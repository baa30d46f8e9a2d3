//! What keeps the client from being built, found or published, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use release_tag::Tag;
use terminal::{Diagnostic, Verdict};

use crate::error::typed;
use crate::interruption::Interrupted;

/// What keeps the client from being released.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// GoReleaser cannot be run to its end.
    #[error("cannot run `{program}`")]
    Start {
        /// The wrapper.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The commit cannot be released: it is from before there was a client.
    #[error("the commit of `{tag}` has no `{file}`, so it makes no client")]
    NoClient {
        /// The tag.
        tag: Tag,
        /// The file.
        file: &'static str,
    },
    /// Another GoReleaser writes other files, or other names of them.
    #[error("GoReleaser is `{found}`, and `{expected}` is what releases are made with")]
    Version {
        /// What it says, printable.
        found: String,
        /// What it should say.
        expected: &'static str,
    },
    /// GoReleaser has failed.
    #[error("GoReleaser ended with {status}, what it said is above")]
    Status {
        /// How it ended.
        status: ExitStatus,
    },
    /// A file cannot be read or written.
    #[error("cannot read or write `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file has another form than expected.
    #[error("`{path}` is not understood")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// What GoReleaser has made is not what is released.
    #[error("what GoReleaser has made cannot be released: {problem}")]
    Artifacts {
        /// What is wrong, with the name of what it is about.
        problem: String,
    },
    /// A binary is missing, or is none for its platform.
    #[error("the binary for {platform} cannot be released: {problem}")]
    Binary {
        /// Such as `linux/amd64`.
        platform: String,
        /// What is wrong.
        problem: String,
    },
    /// A folder for archives has something else in it.
    #[error("`{folder}` is not the folder of `{tag}`: {problem}")]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// The tag.
        tag: Tag,
        /// What it is instead.
        problem: String,
    },
    /// Nothing was built yet.
    #[error("`{folder}` has no archives of `{tag}`")]
    NotBuilt {
        /// Where they would be.
        folder: PathBuf,
        /// Whether somebody named that, and not one among the caches.
        is_named: bool,
        /// The tag.
        tag: Tag,
    },
    /// The packages would not be what the tag's commit makes.
    #[error("`{folder}` is another one here than in `{tag}`, and would make other packages")]
    OtherPacker {
        /// The tag.
        tag: Tag,
        /// The folder.
        folder: &'static str,
    },
    /// The release on GitHub has other files, which nothing replaces.
    #[error("the release of `{tag}` on GitHub {problem}")]
    Release {
        /// The tag.
        tag: Tag,
        /// What is wrong with it, with the names of files.
        problem: String,
        /// Whether everybody sees it.
        is_published: bool,
    },
    /// Somebody has lost patience.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl ClientError {
    /// What the file system says about this path.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }

    pub(super) fn artifacts(problem: impl Into<String>) -> Self {
        Self::Artifacts { problem: problem.into() }
    }
}

impl Diagnostic for ClientError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Version { .. } => {
                "`dev/goreleaser.sh` gets the right one: unset what puts another in its place".to_owned()
            }
            Self::Status { .. } => "run the same command again: what is done stays done".to_owned(),
            Self::NoClient { tag, .. } => typed::next_version(tag),
            Self::Foreign { .. } => "name another folder with `--dist`, or remove this one".to_owned(),
            Self::NotBuilt { tag, is_named: false, .. } => typed::command(&format!("publish {tag} --only archives")),
            Self::NotBuilt { tag, .. } => {
                format!("{}, with the same `--dist`", typed::command(&format!("publish {tag} --only archives")))
            }
            Self::OtherPacker { tag, .. } => format!("`git checkout {tag}`, then run the same command again"),
            Self::Release { tag, is_published: true, .. } => {
                format!("what is published is never changed; {}", typed::next_version(tag))
            }
            Self::Release { .. } => {
                "it is a draft: remove the file there, or the draft, then run the same command again".to_owned()
            }
            Self::Artifacts { .. } => "`.goreleaser.yaml` of the commit says what is made".to_owned(),
            _ => return None,
        })
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::Start { .. }
            | Self::Status { .. }
            | Self::File { .. }
            | Self::Parse { .. }
            | Self::Interrupted(_) => Verdict::Unknown,
            _ => Verdict::Refused,
        }
    }
}
