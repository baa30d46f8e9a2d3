//! What a cut would do: which tags, on which commit, and what is new in each.
//!
//! Owns the choice of versions and everything that speaks against a release. Makes nothing.

mod changelog;
pub mod cut;
mod error;
mod prereleases;
pub mod releases;
pub mod request;
pub mod status;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::{panic, slice, thread};

use release_tag::{ServiceName, Tag, Version};
use serde::Serialize;

use crate::build::closure::Closures;
use crate::build::closure::changes::{self, Changes, Detail, Span};
use crate::check::Prereleases;
use crate::error::Error;
use crate::git::{ObjectId, Repository};
use crate::github::Slug;
use crate::github::pull_request::origin;

pub use changelog::{Change, changelog};
pub use error::PlanError;

use releases::Base;
use request::Target;
use versions::Choice;

/// What is planned and how.
#[derive(Debug, Clone)]
pub struct PlanRequest {
    /// The services.
    pub targets: Vec<Target>,
    /// Whether pre-releases may be off main.
    pub prereleases: Prereleases,
    /// Whether origin is asked first.
    pub fetch: bool,
    /// Whether changes are listed.
    pub log: bool,
    /// Whether an image that would come out identical is released all the same.
    pub force: bool,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The commit that is released: the one that is checked out.
    pub commit: ObjectId,
    /// What that commit is called.
    pub title: String,
    /// Whether it is on origin's main.
    pub on_main: bool,
    /// Whether the work tree has changes that are in no commit, and so in no release.
    pub dirty: bool,
    /// The tags, in the order in which they were asked for.
    pub releases: Vec<Release>,
    /// What is new, merged over the services, the newest first.
    pub changes: Vec<Change>,
    /// Former releases that nothing can be compared with, because their tags do not point at commits. Their versions are taken.
    pub broken: Vec<Tag>,
}

/// One tag of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The tag.
    pub tag: Tag,
    /// The service.
    pub service: ServiceName,
    /// The version.
    pub version: Version,
    /// The service's last stable version that is a commit.
    pub previous: Option<Version>,
    /// Whether the image would be the same as that one's; nothing where there is none, or where it was not asked.
    pub identical: Option<bool>,
}

impl Plan {
    /// Takes only a plan whose every release changes something, or is the first.
    ///
    /// # Errors
    /// When an image would come out identical to the last release's.
    pub fn refuse_identical(&self) -> Result<(), Error> {
        let identical = self.releases.iter().filter(|release| release.identical == Some(true));
        let names: Vec<String> = identical.map(|release| format!("`{}`", release.tag)).collect();
        if names.is_empty() { Ok(()) } else { Err(PlanError::Identical { tags: names.join(", ") }.into()) }
    }
}

/// Makes a plan.
///
/// # Errors
/// When a release is refused, and when git, origin or Bazel cannot tell.
pub fn make(repository: &Repository, request: &PlanRequest, closures: &dyn Closures) -> Result<Plan, Error> {
    let services = || request.targets.iter().map(|target| target.service.as_str());
    // Beside each other: origin takes the longest, and changes nothing that the work tree is asked.
    let (fetched, work_tree) = thread::scope(|scope| {
        let work_tree = scope.spawn(|| work_tree(repository));
        let fetched = if request.fetch { repository.fetch(services()) } else { Ok(()) };
        (fetched, work_tree.join().unwrap_or_else(|payload| panic::resume_unwind(payload)))
    });
    fetched?;
    let work_tree = work_tree?;
    let existing = repository.tags(services())?;
    let choices = versions::choose(repository, &request.targets, &existing)?;
    let head = work_tree.head;
    let commits = commits(repository, &choices)?;
    let on_main = repository.is_on_main(&head)?;
    if !on_main {
        refuse_off_main(&choices, &head, request.prereleases)?;
    }
    // Off main, a pre-release tries something out and replaces nothing.
    if on_main && !request.force {
        refuse_behind(repository, &head, &commits)?;
    }
    let is_asked = request.log || !request.force;
    let spans: Vec<Span> = choices
        .iter()
        .filter(|_| is_asked)
        .map(|choice| choice.tag.service().as_str())
        .filter_map(|service| Some(Span { service, old: &commits.bases.get(service)?.commit, new: &head }))
        .collect();
    let detail = if request.log { Detail::Commits } else { Detail::Whether };
    let changes = changes::between(repository, closures, &spans, detail).map_err(PlanError::Changes)?;
    Ok(Plan {
        title: work_tree.title,
        on_main,
        dirty: work_tree.is_dirty,
        changes: changelog(repository, &changes, work_tree.github.as_ref())?,
        releases: choices.into_iter().map(|choice| release(choice, &commits.bases, &changes)).collect(),
        broken: commits.broken,
        commit: head,
    })
}

/// What the clone says without origin.
struct WorkTree {
    is_dirty: bool,
    /// Where origin is on GitHub.
    github: Option<Slug>,
    /// The commit that is checked out.
    head: ObjectId,
    /// What that is called.
    title: String,
}

fn work_tree(repository: &Repository) -> Result<WorkTree, Error> {
    let github = Slug::find(repository)?;
    let head = repository.head()?;
    let message = repository.messages(slice::from_ref(&head))?;
    let title = message.first().map(|message| origin(message).title).unwrap_or_default();
    Ok(WorkTree { is_dirty: repository.is_dirty()?, github, head, title })
}

struct Commits {
    /// The last stable release of each service that has one.
    bases: BTreeMap<String, Base>,
    /// Higher tags that are none of a commit.
    broken: Vec<Tag>,
}

fn commits(repository: &Repository, choices: &[Choice]) -> Result<Commits, Error> {
    let lists: Vec<Vec<Tag>> = choices.iter().map(|choice| choice.stable.clone()).collect();
    let (mut bases, mut broken) = (BTreeMap::new(), Vec::new());
    for found in releases::bases(repository, &lists)? {
        broken.extend(found.broken);
        bases.extend(found.base.map(|base| (base.tag.service().to_string(), base)));
    }
    Ok(Commits { bases, broken })
}

fn refuse_off_main(choices: &[Choice], head: &ObjectId, prereleases: Prereleases) -> Result<(), Error> {
    let is_free = |tag: &Tag| tag.version().is_prerelease() && prereleases == Prereleases::Anywhere;
    match choices.iter().map(|choice| &choice.tag).find(|tag| !is_free(tag)) {
        Some(tag) => Err(PlanError::OffMain { tag: tag.clone(), commit: head.clone() }.into()),
        None => Ok(()),
    }
}

/// A commit that lacks the last release would take back what that one brought.
fn refuse_behind(repository: &Repository, head: &ObjectId, commits: &Commits) -> Result<(), Error> {
    let mut contained = BTreeSet::new();
    for last in commits.bases.values() {
        if contained.insert(&last.commit) && !repository.is_ancestor(&last.commit, head)? {
            return Err(PlanError::Behind { last: last.tag.clone(), commit: head.clone() }.into());
        }
    }
    Ok(())
}

fn release(choice: Choice, bases: &BTreeMap<String, Base>, changes: &BTreeMap<String, Changes>) -> Release {
    Release {
        identical: changes.get(choice.tag.service().as_str()).map(|changes| changes.is_identical),
        service: choice.tag.service().clone(),
        version: choice.tag.version().clone(),
        previous: bases.get(choice.tag.service().as_str()).map(|base| base.tag.version().clone()),
        tag: choice.tag,
    }
}
