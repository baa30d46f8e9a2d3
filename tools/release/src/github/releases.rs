//! Releases on GitHub: finding, drafting and publishing them ("REST API endpoints for releases").

use serde::Deserialize;
use serde_json::json;

use super::{GitHub, GitHubError};
use crate::tag::Tag;

/// How many releases a page has; GitHub's most.
const PAGE_SIZE: &str = "100";

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Release {
    /// GitHub's number.
    pub id: u64,
    /// Its tag.
    pub tag_name: String,
    /// Whether it is shown only to who may write.
    pub draft: bool,
    /// Where people read it.
    pub html_url: String,
}

/// What is written on a release's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseText {
    /// Markdown.
    pub notes: String,
    /// Whether it says "Pre-release".
    pub prerelease: bool,
}

impl GitHub {
    /// The published release of a tag.
    ///
    /// # Errors
    /// When GitHub does not answer.
    pub async fn published(&self, tag: &Tag) -> Result<Option<Release>, GitHubError> {
        let url = self.url(&["releases", "tags", &tag.to_string()]);
        let found = self.find(url, &format!("look for the release of `{tag}`")).await?;
        Ok(found.map(|answer| answer.value))
    }

    /// A draft for a tag; the oldest where an interrupted run has left several. They are found by listing only: asking for a
    /// tag's release passes them over.
    ///
    /// # Errors
    /// When GitHub does not answer.
    pub async fn draft(&self, tag: &Tag) -> Result<Option<Release>, GitHubError> {
        let operation = format!("look for a draft of `{tag}`");
        let name = tag.to_string();
        let mut url = self.url(&["releases"]);
        url.query_pairs_mut().append_pair("per_page", PAGE_SIZE);
        let mut oldest: Option<Release> = None;
        let mut next = Some(url);
        while let Some(url) = next {
            let page = self.get::<Vec<Release>>(url, &operation).await?;
            let drafts = page.value.into_iter().filter(|release| release.draft && release.tag_name == name);
            oldest = oldest.into_iter().chain(drafts).min_by_key(|release| release.id);
            next = page.next.filter(|_| oldest.is_none()).filter(|next| self.is_own(next));
        }
        Ok(oldest)
    }

    /// Makes a draft for a tag.
    ///
    /// # Errors
    /// When GitHub does not make it.
    pub async fn create_draft(&self, tag: &Tag, text: &ReleaseText) -> Result<Release, GitHubError> {
        let body = json!({
            "tag_name": tag.to_string(),
            "name": tag.to_string(),
            "body": text.notes,
            "prerelease": text.prerelease,
            "draft": true,
        });
        let url = self.url(&["releases"]);
        Ok(self.post(url, &body, &format!("make a draft of `{tag}`")).await?.value)
    }

    /// Brings a draft up to date and publishes it.
    ///
    /// Never as GitHub's "latest release": of seven services that would be whichever came last, and the link to it would
    /// lead to another service every day.
    ///
    /// # Errors
    /// When GitHub does not do it.
    pub async fn publish_draft(&self, draft: &Release, text: &ReleaseText) -> Result<Release, GitHubError> {
        let body = json!({
            "name": draft.tag_name,
            "body": text.notes,
            "prerelease": text.prerelease,
            "draft": false,
            "make_latest": "false",
        });
        let url = self.url(&["releases", &draft.id.to_string()]);
        Ok(self.patch(url, &body, &format!("publish the draft of `{}`", draft.tag_name)).await?.value)
    }
}
