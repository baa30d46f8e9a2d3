//! What is in a release: the changes since the same service's release before it, and its image, or the client's files.
//!
//! Owns which changes those are. The form is `markdown`'s.

mod inert;
mod markdown;

use release_tag::{Tag, Version};
use serde::Serialize;

use crate::build::closure::Closures;
use crate::build::closure::changes::{self, Detail, Span};
use crate::error::Error;
use crate::git::{GitError, ObjectId, Repository};
use crate::github::Slug;
use crate::plan::releases::{self, Found};
use crate::plan::{Change, changelog};

pub use markdown::markdown;

/// An image as it was pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageReport {
    /// Where it was pushed to, without a tag.
    pub repository: String,
    /// Of the index.
    pub digest: String,
    /// The images in the index.
    pub platforms: Vec<PlatformReport>,
}

/// One platform's image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlatformReport {
    /// Such as `linux/amd64`.
    pub platform: String,
    /// Of its manifest.
    pub digest: String,
    /// What a pull transfers.
    pub bytes: u64,
}

/// A release that notes are about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The tag.
    pub tag: Tag,
    /// The commit that it points at.
    pub commit: ObjectId,
    /// Where its image goes, without a tag; nothing for what is no image.
    pub image: Option<String>,
    /// What is known of that image.
    pub report: Option<ImageReport>,
    /// What is known of its files; only the client has some.
    pub files: Vec<FileReport>,
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// What it is called.
    pub name: String,
    /// `sha256:` and 64 digits.
    pub digest: String,
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
    /// What is known of its files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileReport>,
    /// Versions in between that nothing can be compared with, because their tags do not point at commits.
    pub broken: Vec<Tag>,
}

/// The commit of a release.
///
/// # Errors
/// When the tag does not exist, or points at no commit.
pub fn commit(repository: &Repository, tag: &Tag) -> Result<ObjectId, Error> {
    let state = repository.tag_state(tag)?;
    match state.target {
        None => Err(Error::NoTag { tag: tag.clone() }),
        Some(_) => Ok(state.commit.ok_or_else(|| GitError::TagOfNoCommit { tag: tag.clone() })?),
    }
}

/// Finds out what is in a release. `closures` are those of its commit.
///
/// # Errors
/// When git or Bazel cannot tell.
pub fn make(repository: &Repository, subject: Subject, closures: &dyn Closures) -> Result<Notes, Error> {
    let Subject { tag, commit, image, report, files } = subject;
    let service = tag.service().as_str();
    let existing = repository.tags([service])?;
    let found = releases::bases(repository, &[releases::before(&existing, &tag)])?;
    let Found { base, broken } = found.into_iter().next().unwrap_or_default();
    let span = base.as_ref().map(|base| Span { service, old: &base.commit, new: &commit });
    let found = changes::between(repository, closures, span.as_slice(), Detail::Commits)?;
    let github = Slug::find(repository)?;
    Ok(Notes {
        previous: base.as_ref().map(|base| base.tag.version().clone()),
        identical: found.get(service).map(|changes| changes.is_identical),
        changes: changelog(repository, &found, github.as_ref())?,
        comparison: base.zip(github).map(|(base, github)| github.comparison(&base.tag, &tag)),
        image: image.map(|repository| format!("{repository}:{}", tag.version())),
        report,
        files,
        commit,
        broken,
        tag,
    })
}
