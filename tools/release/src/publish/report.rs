//! What became of each tag.

use release_tag::Tag;

use crate::error::Error;
use crate::git::ObjectId;
use crate::notes::ImageReport;

/// How far a step came.
#[derive(Debug)]
pub enum Step<T> {
    /// It was not wanted, or an earlier one failed.
    NotReached,
    /// It is done, by this run or before.
    Done(T),
    /// It is not.
    Failed(Error),
}

impl<T> Step<T> {
    /// A step that was done, or tried.
    pub(crate) fn of<E: Into<Error>>(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Done(value),
            Err(error) => Self::Failed(error.into()),
        }
    }
}

/// One tag after publishing.
#[derive(Debug)]
pub struct Published {
    /// The tag.
    pub tag: Tag,
    /// Its commit.
    pub commit: ObjectId,
    /// Its image in the registry.
    pub image: Step<ImageState>,
    /// Its release on GitHub.
    pub release: Step<ReleaseState>,
}

impl Published {
    /// Why it is not published, where it is not.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match (&self.image, &self.release) {
            (Step::Failed(error), _) | (_, Step::Failed(error)) => Some(error),
            _ => None,
        }
    }
}

/// An image in the registry.
#[derive(Debug)]
pub struct ImageState {
    /// What it is.
    pub report: ImageReport,
    /// `pushed`, `unchanged` or `would be pushed`.
    pub word: &'static str,
    /// How much was sent.
    pub bytes_sent: u64,
}

/// A release on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseState {
    /// Where people read it; nothing where it would only be made.
    pub url: Option<String>,
    /// `published`, `unchanged` or `would be published`.
    pub word: &'static str,
}
