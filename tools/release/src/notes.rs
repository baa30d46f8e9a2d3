//! What is in a release: the changes since the same service's release before it, and its image.
//!
//! Owns which changes those are. The form is `markdown`'s. The closure is that of the work tree, so notes are made where the
//! tag is checked out.

mod image_report;
mod inert;
mod markdown;

use serde::Serialize;

use crate::changes::{self, Detail, Span};
use crate::closure::{ClosureError, Closures};
use crate::git::{GitError, ObjectId};
use crate::plan::{Change, changelog};
use crate::releases::{self, Found};
use crate::repository::{Repository, RepositoryError};
use crate::slug::{Slug, SlugError};
use crate::tag::Tag;
use crate::typed;
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
    /// A tag is none of a release.
    #[error("tag `{tag}` does not point at a commit")]
    NoCommit {
        /// The tag.
        tag: Tag,
    },
    /// The repository cannot answer.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Git cannot answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// It is not known which repository on GitHub this is.
    #[error(transparent)]
    GitHub(#[from] SlugError),
    /// The closure is not known.
    #[error(transparent)]
    Closure(#[from] ClosureError),
}

impl NotesError {
    /// Whether the answer is a "no" rather than a "don't know".
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::NoCommit { .. })
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { tag } => Some(format!("git tag --list '{}/*'", tag.service())),
            Self::Repository(error) => error.hint().map(str::to_owned),
            Self::GitHub(error) => error.hint(),
            Self::NoCommit { tag } => Some(typed::next_version(tag)),
            Self::Git(_) | Self::Closure(_) => None,
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
    let existing = repository.tags([tag.service()].into_iter())?;
    if !existing.contains(tag) {
        return Err(NotesError::Missing { tag: tag.clone() });
    }
    let commit = commit(repository, tag)?;
    let found = releases::bases(repository, &[releases::before(&existing, tag)])?;
    let Found { base, broken } = found.into_iter().next().unwrap_or_default();
    let span = base.as_ref().map(|base| Span { service: tag.service(), old: &base.commit, new: &commit });
    let found = changes::between(repository, closures, span.as_slice(), Detail::Commits)?;
    let github = Slug::find(repository)?;
    let head = repository.objects(&["HEAD^{commit}".to_owned()])?.into_iter().next().flatten();
    Ok(Notes {
        tag: tag.clone(),
        previous: base.as_ref().map(|base| base.tag.version().clone()),
        identical: found.get(tag.service()).map(|changes| changes.is_identical),
        changes: changelog(repository.git(), &found, github.as_ref())?,
        comparison: base.zip(github).map(|(base, github)| github.comparison(&base.tag, tag)),
        image: crate::image_name::of(tag),
        report,
        checked_out: head.as_ref() == Some(&commit),
        commit,
        broken,
    })
}

fn commit(repository: &Repository, tag: &Tag) -> Result<ObjectId, NotesError> {
    let objects = repository.objects(&[format!("{}^{{commit}}", tag.reference())])?;
    objects.into_iter().next().flatten().ok_or_else(|| NotesError::NoCommit { tag: tag.clone() })
}
