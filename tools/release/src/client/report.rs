//! What became of the client's tag.

use std::path::PathBuf;

use release_tag::Tag;

use crate::check::Checked;
use crate::error::Error;
use crate::git::ObjectId;
use crate::publish::{ReleaseState, Step};

/// The client's tag after publishing.
#[derive(Debug)]
pub struct ClientReport {
    /// The tag.
    pub tag: Tag,
    /// Its commit.
    pub commit: ObjectId,
    /// Archives, packages and binaries.
    pub dist: Step<DistState>,
    /// npm's packages, in the order in which they are published.
    pub packages: Step<Vec<PackageState>>,
    /// The release on GitHub.
    pub release: Step<ReleaseState>,
}

/// The folder that everything is published from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistState {
    /// Where it is.
    pub folder: PathBuf,
    /// `built` or `found`.
    pub word: &'static str,
}

/// A package in npm's registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageState {
    /// `NAME@VERSION`.
    pub id: String,
    /// `published`, `unchanged` or `would be published`.
    pub word: &'static str,
}

impl ClientReport {
    /// Before anything is done.
    pub(super) fn of(checked: &Checked) -> Self {
        Self {
            tag: checked.tag.clone(),
            commit: checked.commit.clone(),
            dist: Step::NotReached,
            packages: Step::NotReached,
            release: Step::NotReached,
        }
    }

    /// Why it is not published, where it is not.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match (&self.dist, &self.packages, &self.release) {
            (Step::Failed(error), ..) | (_, Step::Failed(error), _) | (.., Step::Failed(error)) => Some(error),
            _ => None,
        }
    }
}
