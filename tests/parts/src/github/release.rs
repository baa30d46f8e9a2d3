//! Releases and their assets, and the documents that GitHub makes of them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::SystemTime;

use super::repository::Place;
use super::request::escape;

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// GitHub's number; given when the release is added.
    pub id: u64,
    /// Its tag.
    pub tag_name: String,
    /// What a tag would be made of, were there none.
    pub target_commitish: String,
    /// Its title.
    pub name: Option<String>,
    /// Its notes.
    pub body: Option<String>,
    /// Whether only who may write sees it.
    pub draft: bool,
    /// Whether it says "Pre-release".
    pub prerelease: bool,
    /// As it was sent last; GitHub never tells it.
    pub make_latest: Option<String>,
    /// Whether its assets and its tag are fixed for ever.
    pub immutable: bool,
    /// Its files.
    pub assets: Vec<Asset>,
    /// When it was made.
    pub created_at: String,
    /// When it was published.
    pub published_at: Option<String>,
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// GitHub's number.
    pub id: u64,
    /// Its name, as GitHub has changed it.
    pub name: String,
    /// What is shown in place of the name.
    pub label: Option<String>,
    /// As it was sent.
    pub content_type: String,
    /// What is in it.
    pub content: Vec<u8>,
}

impl Release {
    /// A draft with nothing in it.
    pub fn draft(tag_name: &str) -> Self {
        Self {
            id: 0,
            tag_name: tag_name.to_owned(),
            target_commitish: String::new(),
            name: None,
            body: None,
            draft: true,
            prerelease: false,
            make_latest: None,
            immutable: false,
            assets: Vec::new(),
            created_at: now(),
            published_at: None,
        }
    }

    /// A published release with nothing in it.
    pub fn published(tag_name: &str) -> Self {
        Self { draft: false, published_at: Some(now()), ..Self::draft(tag_name) }
    }

    /// GitHub's document.
    pub(super) fn document(&self, place: &Place) -> Value {
        let url = format!("{}/releases/{}", place.api(), self.id);
        // A draft's page has no tag in its name: the tag need not be there yet.
        let page = if self.draft { format!("untagged-{:016x}", self.id) } else { escape(&self.tag_name) };
        json!({
            "url": url,
            "assets_url": format!("{url}/assets"),
            "upload_url": format!("{}/releases/{}/assets{{?name,label}}", place.uploads(), self.id),
            "html_url": format!("{}/releases/tag/{page}", place.html()),
            "id": self.id,
            "node_id": format!("RE_{}", self.id),
            "tag_name": self.tag_name,
            "target_commitish": self.target_commitish,
            "name": self.name,
            "body": self.body,
            "draft": self.draft,
            "immutable": self.immutable,
            "prerelease": self.prerelease,
            "created_at": self.created_at,
            "published_at": self.published_at,
            "assets": self.assets.iter().map(|asset| asset.document(place, self)).collect::<Vec<_>>(),
        })
    }
}

impl Asset {
    /// GitHub's document.
    pub(super) fn document(&self, place: &Place, release: &Release) -> Value {
        let page = if release.draft { format!("untagged-{:016x}", release.id) } else { escape(&release.tag_name) };
        json!({
            "url": format!("{}/releases/assets/{}", place.api(), self.id),
            "id": self.id,
            "node_id": format!("RA_{}", self.id),
            "name": self.name,
            "label": self.label,
            "state": "uploaded",
            "content_type": self.content_type,
            "size": self.content.len(),
            "digest": format!("sha256:{:x}", HexBytes(&Sha256::digest(&self.content))),
            "browser_download_url": format!("{}/releases/download/{page}/{}", place.html(), escape(&self.name)),
        })
    }
}

/// Bytes that print as hexadecimal digits.
struct HexBytes<'a>(&'a [u8]);

impl std::fmt::LowerHex for HexBytes<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// The time in GitHub's form.
pub(super) fn now() -> String {
    DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Secs, true)
}
