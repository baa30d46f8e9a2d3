//! Releases on GitHub: finding, drafting and publishing them ("REST API endpoints for releases").

use serde::Deserialize;
use serde_json::json;

use super::assets::{Asset, Likeness, ReleaseFile};
use super::{GitHub, GitHubError};
use release_tag::Tag;

/// A release. Its title is its tag, which is shorter than the 256 characters that GitHub takes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Release {
    /// GitHub's number.
    pub id: u64,
    /// Its tag.
    pub tag_name: String,
    /// Its title.
    #[serde(default)]
    pub name: Option<String>,
    /// Its notes.
    #[serde(default)]
    pub body: Option<String>,
    /// Whether it is shown only to who may write.
    pub draft: bool,
    /// Its files.
    #[serde(default)]
    pub assets: Vec<Asset>,
    /// Where more of them are sent to, as a template.
    #[serde(default)]
    pub upload_url: Option<String>,
    /// Where people read it.
    pub html_url: String,
}

/// The drafts of one tag. GitHub takes any number, from anybody.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drafts {
    /// The oldest one that an interrupted run has left: publishing it takes nothing from anybody.
    pub own: Option<Release>,
    /// All others. They have other files, or a title or notes that somebody else wrote, or are one more of an interrupted run.
    pub others: Vec<Release>,
}

/// What is written on a release's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseText {
    /// Markdown.
    pub notes: String,
    /// Whether it says "Pre-release".
    pub prerelease: bool,
    /// Whether it becomes the repository's "latest release", which has an address of its own.
    pub latest: bool,
}

impl Release {
    /// Whether there is nothing in it but what a run writes: the tag as its title, these notes, of these files some.
    fn has_only(&self, text: &ReleaseText, files: &[ReleaseFile]) -> bool {
        let is_empty_or = |value: &Option<String>, expected: &str| {
            // GitHub's pages write line ends as forms send them.
            let value = value.as_deref().unwrap_or_default().replace("\r\n", "\n");
            value.trim().is_empty() || value.trim_end() == expected.trim_end()
        };
        let is_own = |asset: &Asset| {
            let file = files.iter().find(|file| file.name == asset.name);
            // One of the right size, of which GitHub says no more, is compared before anything is published.
            file.is_some_and(|file| asset.compare(file) != Likeness::Different)
        };
        self.assets.iter().all(is_own)
            && is_empty_or(&self.name, &self.tag_name)
            && is_empty_or(&self.body, &text.notes)
    }
}

impl GitHub {
    /// The published release of a tag.
    ///
    /// # Errors
    /// When GitHub does not answer.
    pub async fn published(&self, tag: &Tag) -> Result<Option<Release>, GitHubError> {
        let url = self.url(&["releases", "tags", &tag.to_string()]);
        self.find(url, &format!("look for the release of `{tag}`")).await
    }

    /// The drafts of a tag. They are found by listing only: asking for a tag's release passes them over.
    ///
    /// # Errors
    /// When GitHub does not answer.
    pub async fn drafts(&self, tag: &Tag, text: &ReleaseText, files: &[ReleaseFile]) -> Result<Drafts, GitHubError> {
        let name = tag.to_string();
        let releases: Vec<Release> = self.list(&["releases"], &format!("look for a draft of `{tag}`")).await?;
        let drafts = releases.into_iter().filter(|release| release.draft && release.tag_name == name);
        let (mut own, mut others): (Vec<_>, Vec<_>) = drafts.partition(|draft| draft.has_only(text, files));
        own.sort_by_key(|draft| draft.id);
        others.extend(own.drain(own.len().min(1)..));
        Ok(Drafts { own: own.pop(), others })
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
        self.post(url, &body, &format!("make a draft of `{tag}`")).await
    }

    /// Brings a draft up to date and publishes it.
    ///
    /// A service's is never GitHub's "latest release": of seven services that would be whichever came last, and the link to it
    /// would lead to another service every day.
    ///
    /// # Errors
    /// When GitHub does not do it.
    pub async fn publish_draft(&self, draft: &Release, text: &ReleaseText) -> Result<Release, GitHubError> {
        let body = json!({
            "name": draft.tag_name,
            "body": text.notes,
            "prerelease": text.prerelease,
            "draft": false,
            "make_latest": if text.latest { "true" } else { "false" },
        });
        let url = self.url(&["releases", &draft.id.to_string()]);
        self.patch(url, &body, &format!("publish the draft of `{}`", draft.tag_name)).await
    }
}
