//! What became of each tag.

use super::PublishError;
use crate::git::ObjectId;
use crate::notes::ImageReport;
use crate::tag::Tag;

/// How far a step came.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It was not wanted, or an earlier one failed.
    NotReached,
    /// It is done, by this run or before.
    Done(T),
    /// It is not.
    Failed(PublishError),
}

/// One tag after publishing.
#[derive(Debug)]
pub struct Published {
    /// The tag.
    pub tag: Tag,
    /// Its commit.
    pub commit: ObjectId,
    /// Its image in the registry.
    pub image: Outcome<ImageState>,
    /// Its release on GitHub.
    pub release: Outcome<ReleaseState>,
}

impl Published {
    /// Why it is not published, where it is not.
    #[must_use]
    pub fn error(&self) -> Option<&PublishError> {
        match (&self.image, &self.release) {
            (Outcome::Failed(error), _) | (_, Outcome::Failed(error)) => Some(error),
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
