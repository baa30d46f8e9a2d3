//! A repository: its settings, its releases, and where they are.

use serde_json::{Value, json};

use super::release::Release;

/// A repository. A test sets what it cares for: `Repository { immutable_releases: true, ..Repository::new("a/b") }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Repository {
    /// `owner/name`.
    pub name: String,
    /// Where a tag is made when a release has none.
    pub default_branch: String,
    /// Whether releases are immutable from when they are published.
    pub immutable_releases: bool,
    /// What a workflow's token may do where the workflow does not say: `read` or `write`.
    pub workflow_permissions: String,
    /// As GitHub tells each by its number; [`tag_ruleset`] makes one.
    pub rulesets: Vec<Value>,
    /// GitHub's number; given when the repository is added.
    pub(super) id: u64,
    /// The oldest first.
    pub(super) releases: Vec<Release>,
    /// The release that was marked as the latest one.
    pub(super) marked_latest: Option<u64>,
}

impl Repository {
    /// A repository with the settings that GitHub gives a new one.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            default_branch: "main".to_owned(),
            immutable_releases: false,
            workflow_permissions: "read".to_owned(),
            rulesets: Vec::new(),
            id: 0,
            releases: Vec::new(),
            marked_latest: None,
        }
    }

    /// Whether it is meant by this name: case is ignored.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Where it is.
    pub(super) fn place(&self, address: &str) -> Place {
        Place { address: address.to_owned(), name: self.name.clone(), id: self.id }
    }

    /// Whether another release than this one is published for the tag.
    pub(super) fn is_taken(&self, tag_name: &str, id: Option<u64>) -> bool {
        let is_other = |release: &&Release| Some(release.id) != id;
        self.releases.iter().filter(is_other).any(|release| !release.draft && release.tag_name == tag_name)
    }
}

/// The URLs of a repository.
#[derive(Debug, Clone)]
pub(super) struct Place {
    address: String,
    name: String,
    id: u64,
}

impl Place {
    /// In the API.
    pub(super) fn api(&self) -> String {
        format!("http://{}/repos/{}", self.address, self.name)
    }

    /// In the API, by its number: what links between pages have.
    pub(super) fn numbered(&self) -> String {
        format!("http://{}/repositories/{}", self.address, self.id)
    }

    /// Where assets are sent: not below the API, as on GitHub.
    pub(super) fn uploads(&self) -> String {
        format!("http://{}/uploads/repos/{}", self.address, self.name)
    }

    /// For people.
    pub(super) fn html(&self) -> String {
        format!("https://github.com/{}", self.name)
    }
}

/// An active ruleset about tags whose names fit these patterns, such as `refs/tags/*`, with rules such as `update`.
pub fn tag_ruleset(id: u64, patterns: &[&str], rules: &[&str]) -> Value {
    json!({
        "id": id,
        "name": format!("tags {id}"),
        "target": "tag",
        "source_type": "Repository",
        "enforcement": "active",
        "bypass_actors": [],
        "current_user_can_bypass": "never",
        "conditions": {"ref_name": {"include": patterns, "exclude": []}},
        "rules": rules.iter().map(|rule| json!({"type": rule})).collect::<Vec<_>>(),
    })
}
