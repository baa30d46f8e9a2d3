//! A repository's settings on GitHub that releases rely on.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{GitHub, GitHubError};

/// What was found. Nothing stands for what the token may not see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RepositorySettings {
    /// Whether some active ruleset is about tags and forbids moving and deleting them.
    pub tags_are_protected: Option<bool>,
    /// Whether published releases cannot be changed.
    pub releases_are_immutable: Option<bool>,
    /// Whether a workflow's token can only read unless a job asks for more.
    pub workflows_only_read: Option<bool>,
}

#[derive(Deserialize)]
struct RulesetEntry {
    id: u64,
    target: Option<String>,
    enforcement: String,
}

#[derive(Deserialize)]
struct Ruleset {
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    r#type: String,
}

#[derive(Deserialize)]
struct Immutable {
    enabled: bool,
}

#[derive(Deserialize)]
struct WorkflowPermissions {
    default_workflow_permissions: String,
}

impl GitHub {
    /// Whether the token sees the repository at all.
    ///
    /// # Errors
    /// When it does not.
    pub async fn see(&self) -> Result<(), GitHubError> {
        self.get::<IgnoredAny>(self.url(&[]), "see the repository").await.map(drop)
    }

    /// Reads the settings. What the token may not see is left out.
    ///
    /// # Errors
    /// When GitHub does not answer.
    pub async fn settings(&self) -> Result<RepositorySettings, GitHubError> {
        Ok(RepositorySettings {
            tags_are_protected: hidden(self.tags_are_protected().await)?,
            releases_are_immutable: hidden(self.releases_are_immutable().await)?,
            workflows_only_read: hidden(self.workflows_only_read().await)?,
        })
    }

    /// A ruleset about tags has to forbid both ways in which a tag comes to mean something else ("Available rules for
    /// rulesets").
    async fn tags_are_protected(&self) -> Result<bool, GitHubError> {
        let operation = "read the rulesets";
        let entries = self.list::<RulesetEntry>(&["rulesets"], operation).await?;
        let is_meant = |entry: &&RulesetEntry| entry.target.as_deref() == Some("tag") && entry.enforcement == "active";
        for entry in entries.iter().filter(is_meant) {
            let url = self.url(&["rulesets", &entry.id.to_string()]);
            let ruleset = self.get::<Ruleset>(url, operation).await?.value;
            let has = |kind: &str| ruleset.rules.iter().any(|rule| rule.r#type == kind);
            if has("update") && has("deletion") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// GitHub has no document where the setting is off.
    async fn releases_are_immutable(&self) -> Result<bool, GitHubError> {
        let found =
            self.find::<Immutable>(self.url(&["immutable-releases"]), "read whether releases are immutable").await?;
        Ok(found.is_some_and(|answer| answer.enabled))
    }

    async fn workflows_only_read(&self) -> Result<bool, GitHubError> {
        let url = self.url(&["actions", "permissions", "workflow"]);
        let answer = self.get::<WorkflowPermissions>(url, "read what workflows may do").await?;
        Ok(answer.value.default_workflow_permissions == "read")
    }
}

/// What is only for administrators to see is no error.
fn hidden(answer: Result<bool, GitHubError>) -> Result<Option<bool>, GitHubError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(GitHubError::Forbidden { .. } | GitHubError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
