//! What is in a release: the changes since the same service's release before it, and its image.
//!
//! Owns which changes those are. The form is `markdown`'s. The closure is that of the work tree, so notes are made where the
//! tag is checked out.

mod image_report;
mod inert;
mod markdown;

use serde::Serialize;

use crate::closure::changes::{self, Detail, Span};
use crate::closure::{ClosureError, Closures};
use crate::git::{GitError, ObjectId, Repository};
use crate::github::{GitHubError, Slug};
use crate::plan::{Change, changelog};
use crate::releases::{self, Found};
use crate::tag::Tag;
use crate::version::Version;

pub use image_report::{ImageReport, ImageReportError, PlatformReport};
pub use markdown::markdown;

/// Why there are no notes.
#[derive(Debug, thiserror::Error)]
pub enum NotesError {
    /// There is no such release.
    #[error("tag `{tag}` does not exist")]
    Missing {
        /// The tag.
        tag: Tag,
    },
    /// The tag points at no commit, or git cannot answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// It is not known which repository on GitHub this is.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// The closure is not known.
    #[error(transparent)]
    Closure(#[from] ClosureError),
}

impl NotesError {
    /// Whether the answer is a "no" rather than a "don't know".
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Missing { .. } => true,
            Self::Git(error) => error.is_refusal(),
            Self::GitHub(_) | Self::Closure(_) => false,
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { tag } => Some(format!("git tag --list '{}/*'", tag.service())),
            Self::Git(error) => error.hint(),
            Self::GitHub(error) => error.hint(),
            Self::Closure(_) => None,
        }
    }
}

/// What is in a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notes {
    /// The tag.
    pub tag: Tag,
    /// The commit that it points at.
    pub commit: ObjectId,
    /// The version before it that is a commit.
    pub previous: Option<Version>,
    /// Whether nothing changed since that can change the image; nothing where there is no version before it.
    pub identical: Option<bool>,
    /// What is new, the newest first.
    pub changes: Vec<Change>,
    /// Where everything between the two can be read; nothing where that is not known.
    pub comparison: Option<String>,
    /// What its image is called; nothing for what is no image.
    pub image: Option<String>,
    /// What is known of that image.
    pub report: Option<ImageReport>,
    /// Whether the closure is that of the tag's own commit.
    pub checked_out: bool,
    /// Versions in between that nothing can be compared with, because their tags do not point at commits.
    pub broken: Vec<Tag>,
}

/// Finds out what is in a release.
///
/// # Errors
/// When the tag does not exist, and when git or Bazel cannot tell.
pub fn make(
    repository: &Repository,
    tag: &Tag,
    closures: &dyn Closures,
    report: Option<ImageReport>,
) -> Result<Notes, NotesError> {
    let existing = repository.tags([tag.service()])?;
    if !existing.contains(tag) {
        return Err(NotesError::Missing { tag: tag.clone() });
    }
    let commit = repository.commit_of(tag)?;
    let found = releases::bases(repository, &[releases::before(&existing, tag)])?;
    let Found { base, broken } = found.into_iter().next().unwrap_or_default();
    let span = base.as_ref().map(|base| Span { service: tag.service(), old: &base.commit, new: &commit });
    let found = changes::between(repository, closures, span.as_slice(), Detail::Commits)?;
    let github = Slug::find(repository)?;
    Ok(Notes {
        tag: tag.clone(),
        previous: base.as_ref().map(|base| base.tag.version().clone()),
        identical: found.get(tag.service()).map(|changes| changes.is_identical),
        changes: changelog(repository, &found, github.as_ref())?,
        comparison: base.zip(github).map(|(base, github)| github.comparison(&base.tag, tag)),
        image: crate::image_name::of(tag),
        report,
        checked_out: repository.head().is_ok_and(|head| head == commit),
        commit,
        broken,
    })
}
