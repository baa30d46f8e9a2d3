//! What a push said of an image: a file with the output of `image push --json`.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::tag::Tag;

/// What can be wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum ImageReportError {
    /// It cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It has another form.
    #[error("`{path}` is not the output of `image push --json`")]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// It is about something else.
    #[error("`{path}` has no push of `{tag}`")]
    Missing {
        /// The file.
        path: PathBuf,
        /// The release.
        tag: Tag,
    },
}

/// An image as it was pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageReport {
    /// Where it was pushed to, without a tag.
    pub repository: String,
    /// Of the index.
    pub digest: String,
    /// The images in the index.
    pub platforms: Vec<PlatformReport>,
}

/// One platform's image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformReport {
    /// Such as `linux/amd64`.
    pub platform: String,
    /// Of its manifest.
    pub digest: String,
    /// What a pull transfers.
    pub bytes: u64,
}

#[derive(Deserialize)]
struct Entry {
    service: String,
    #[serde(default)]
    tags: Vec<EntryTag>,
    #[serde(flatten)]
    report: Option<ImageReport>,
}

#[derive(Deserialize)]
struct EntryTag {
    tag: String,
}

impl ImageReport {
    /// Finds the push of a release in a file.
    ///
    /// # Errors
    /// When the file cannot be read or has no such push.
    pub fn read(path: &Path, tag: &Tag) -> Result<Self, ImageReportError> {
        let bytes = std::fs::read(path).map_err(|source| ImageReportError::Read { path: path.to_owned(), source })?;
        let entries: Vec<Entry> = serde_json::from_slice(&bytes)
            .map_err(|source| ImageReportError::Json { path: path.to_owned(), source })?;
        let version = tag.version().to_string();
        let is_meant =
            |entry: &Entry| entry.service == tag.service() && entry.tags.iter().any(|tag| tag.tag == version);
        let report = entries.into_iter().find(is_meant).and_then(|entry| entry.report);
        report.ok_or_else(|| ImageReportError::Missing { path: path.to_owned(), tag: tag.clone() })
    }
}
