//! Why a tag is not published.

use std::sync::Arc;

use oci::reference::Repository;
use release_tag::Tag;
use terminal::Diagnostic as _;

use crate::build::BuildError;
use crate::build::destination::DestinationError;
use crate::check::CheckError;
use crate::git::GitError;
use crate::github::GitHubError;
use crate::interruption::Interrupted;
use crate::notes::NotesError;
use crate::printable;
use crate::typed;

/// A label of an image is not the tag's.
#[derive(Debug, thiserror::Error)]
#[error("the image of `{tag}` says in its label `{label}` that it is `{actual}`, not `{expected}`")]
pub struct LabelError {
    /// The tag.
    pub tag: Tag,
    /// The label's name.
    pub label: &'static str,
    /// What it says.
    pub actual: String,
    /// What the tag says.
    pub expected: String,
}

/// What keeps a tag from being published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The tag must not be released, or that cannot be told.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// Of several tags more than one must not be released.
    #[error("{} of the tags cannot be published, so none is:{}", .0.len(), printable::list(.0))]
    Several(Vec<PublishError>),
    /// The image does not build or breaks its contract.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// What is done for all tags of a commit fails as a whole.
    #[error(transparent)]
    Together(Arc<PublishError>),
    /// The image says that it is another one.
    #[error(transparent)]
    Label(#[from] Box<LabelError>),
    /// There is no image to speak of.
    #[error("`{repository}` has no image `{tag}`")]
    NoImage {
        /// Where it was looked for.
        repository: Repository,
        /// The tag.
        tag: Tag,
    },
    /// The image is not a valid one, or the name of the registry or of a repository is none.
    #[error(transparent)]
    Layout(#[from] oci::Error),
    /// It is not known where the image goes.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The registry refuses, or gives no clear answer.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// GitHub does not do it.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// There are no notes.
    #[error(transparent)]
    Notes(#[from] NotesError),
    /// Git cannot answer, or the commit cannot be checked out.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Somebody has lost patience.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl PublishError {
    /// Whether the answer is a "no" rather than a "don't know".
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Label(_) | Self::NoImage { .. } => true,
            Self::Together(error) => error.is_refusal(),
            Self::Check(error) => error.is_refusal(),
            Self::Several(errors) => errors.iter().all(Self::is_refusal),
            Self::Build(error) => error.is_refusal(),
            Self::Registry(error) => error.is_refusal(),
            Self::Notes(error) => error.is_refusal(),
            Self::Git(error) => error.is_refusal(),
            _ => false,
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Together(error) => error.hint(),
            Self::Check(error) => error.hint(),
            Self::Several(errors) => printable::hints(errors.iter().filter_map(Self::hint)),
            Self::Label(_) => {
                Some("`--config=release` must stamp: see `build/workspace_status.sh` and `.bazelrc`".to_owned())
            }
            Self::NoImage { tag, .. } => Some(typed::command(&format!("publish {tag} --only image"))),
            Self::Destination(error) => error.hint(),
            Self::Registry(error) => error.hint(),
            Self::GitHub(error) => error.hint(),
            Self::Notes(error) => error.hint(),
            Self::Git(error) => error.hint(),
            Self::Build(_) | Self::Layout(_) | Self::Interrupted(_) => None,
        }
    }
}
