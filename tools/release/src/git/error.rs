//! What can keep git from answering, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use release_tag::Tag;
use terminal::{Diagnostic, Verdict};

use super::ObjectId;
use super::origin::ORIGIN;
use crate::error::typed;

/// There is no answer, or it is that a tag is none of a release.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program cannot be run to its end.
    #[error("cannot run `git`")]
    Start(#[source] io::Error),
    /// The program says that it failed.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What it said, on one line, printable, without the credentials of addresses.
        message: String,
    },
    /// The program says something that this one does not understand. The answer is left out: settings and files of the
    /// user's are in it, and some of them are secrets.
    #[error("`git {command}` gave an unexpected answer")]
    Answer {
        /// The subcommand.
        command: String,
    },
    /// There is no work tree here.
    #[error("`{folder}` is not in a git work tree")]
    NotARepository {
        /// Where it was looked for.
        folder: PathBuf,
        /// What git said.
        #[source]
        source: Box<Self>,
    },
    /// History is cut off, so ancestry and former releases cannot be known.
    #[error("`{root}` is a shallow clone, its history is cut off")]
    Shallow {
        /// The work tree.
        root: PathBuf,
    },
    /// There is no commit yet.
    #[error("the repository has no commit")]
    NoCommit,
    /// There is no such remote.
    #[error("there is no remote `{ORIGIN}`")]
    NoOrigin,
    /// The remote does not answer, or not as it should.
    #[error("cannot ask `{ORIGIN}`")]
    Origin(#[source] Box<Self>),
    /// The remote has no such branch.
    #[error("`{ORIGIN}` has no branch `main`")]
    NoMain,
    /// This clone never fetched it.
    #[error("this clone has no `{ORIGIN}/main`")]
    NoTrackedMain,
    /// A tag here is another one there.
    #[error("tag `{tag}` is `{here}` in this clone and `{there}` on {ORIGIN}")]
    TagMoved {
        /// The tag.
        tag: Tag,
        /// What it points at in this clone.
        here: ObjectId,
        /// What it points at on origin.
        there: ObjectId,
    },
    /// A tag points at a file or a folder.
    #[error("tag `{tag}` does not point at a commit")]
    TagOfNoCommit {
        /// The tag.
        tag: Tag,
    },
    /// A folder or file for the files of a commit cannot be used.
    #[error("cannot use `{path}`")]
    File {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file system does not keep what is written.
    #[error("`{folder}` is not what `{commit}` has, although it was written just now: {message}")]
    Differs {
        /// The folder.
        folder: PathBuf,
        /// The commit.
        commit: ObjectId,
        /// The first file that differs, printable.
        message: String,
    },
}

impl GitError {
    /// What git said when it failed.
    pub(super) fn message(&self) -> &str {
        match self {
            Self::Failed { message, .. } => message,
            _ => "",
        }
    }

    /// An answer that makes no sense.
    pub(super) fn unexpected(arguments: &[&str]) -> Self {
        Self::Answer { command: arguments.first().copied().unwrap_or_default().to_owned() }
    }

    /// What becomes of an error of the file system at this path.
    pub(crate) fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}

impl Diagnostic for GitError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotARepository { .. } => "run it in a clone of the repository, or name one with `-C`",
            Self::Shallow { .. } => "git fetch --unshallow (in CI: `fetch-depth: 0`)",
            Self::NoOrigin => "git remote add origin <url>",
            Self::Origin(_) => "git ls-remote origin",
            Self::NoTrackedMain => "leave `--no-fetch` out",
            Self::TagMoved { .. } => "a release tag never moves: find out who did it, and release the next version",
            Self::TagOfNoCommit { tag } => return Some(typed::next_version(tag)),
            Self::File { .. } => "set XDG_CACHE_HOME to a folder that you can write",
            Self::Differs { .. } => {
                "set XDG_CACHE_HOME to a folder on a file system that keeps names, modes and links as they are"
            }
            Self::Start(_) | Self::Failed { .. } | Self::Answer { .. } | Self::NoMain | Self::NoCommit => return None,
        };
        Some(hint.to_owned())
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::TagMoved { .. } | Self::TagOfNoCommit { .. } => Verdict::Refused,
            _ => Verdict::Unknown,
        }
    }
}
