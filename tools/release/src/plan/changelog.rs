//! What is new, merged over services: each change once, with the services whose images it can have changed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::build::closure::changes::Changes;
use crate::git::{GitError, ObjectId, Repository};
use crate::github::Slug;
use crate::github::pull_request::origin;

/// One change on main.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its commit.
    pub commit: ObjectId,
    /// What it is called; as it was written, so it must be made printable.
    pub title: String,
    /// The number of its pull request.
    pub pull_request: Option<u64>,
    /// Where that can be read.
    pub url: Option<String>,
    /// The services that it reaches.
    pub services: Vec<String>,
}

/// Merges the changes of services that end at the same commit, the newest first.
///
/// # Errors
/// When git fails.
pub fn changelog(
    repository: &Repository,
    changes: &BTreeMap<String, Changes>,
    github: Option<&Slug>,
) -> Result<Vec<Change>, GitError> {
    // All walks go down the same main from the same commit: a place means the same commit in each.
    let mut merged: BTreeMap<usize, (ObjectId, Vec<String>)> = BTreeMap::new();
    for (service, changes) in changes {
        for (place, commit) in &changes.commits {
            merged.entry(*place).or_insert_with(|| (commit.clone(), Vec::new())).1.push(service.clone());
        }
    }
    let (commits, services): (Vec<ObjectId>, Vec<Vec<String>>) = merged.into_values().unzip();
    let messages = repository.messages(&commits)?;
    let entries = commits.into_iter().zip(services).zip(messages);
    Ok(entries
        .map(|((commit, services), message)| {
            let origin = origin(&message);
            let url = origin.pull_request.and_then(|number| github.map(|github| github.pull_request(number)));
            Change { commit, title: origin.title, pull_request: origin.pull_request, url, services }
        })
        .collect())
}
