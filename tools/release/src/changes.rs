//! What can have changed a service's image between two commits.
//!
//! Owns putting history and closure together. Whether the image differs is decided by what differs between the two commits,
//! so that a change and its revert are none; which commits did it is for people to read.

use std::collections::BTreeMap;

use services::CLI;

use crate::closure::{Closure, ClosureError, Closures, Crates, Reach};
use crate::git::{Git, ObjectId};
use crate::history::{self, FileChange};
use crate::repository::Repository;

/// Two commits of a service.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    /// The service.
    pub service: &'a str,
    /// Its last release.
    pub old: &'a ObjectId,
    /// What is released next.
    pub new: &'a ObjectId,
}

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Only whether anything changed.
    Whether,
    /// Also by which commits.
    Commits,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Nothing that can change the image.
    pub is_identical: bool,
    /// The commits of main that can have changed it, the newest first, each with its place on main counted from the newest.
    pub commits: Vec<(usize, ObjectId)>,
}

/// Finds out what changed.
///
/// # Errors
/// When history or the closure cannot be read.
pub fn between(
    repository: &Repository,
    closures: &dyn Closures,
    span: Span<'_>,
    detail: Detail,
) -> Result<Changes, ClosureError> {
    let git = repository.git();
    let files = history::difference(git, span.old, span.new)?;
    if files.is_empty() {
        return Ok(Changes { is_identical: true, commits: Vec::new() });
    }
    let closure = if span.service == CLI { Closure::of_cli() } else { closures.closure(span.service)? };
    let crates = Crates::read(repository.root(), &closure)?;
    let judge = Judge { closure, crates };
    let is_identical = judge.reaching(git, &[files.as_slice()])?.is_empty();
    if is_identical || detail == Detail::Whether {
        return Ok(Changes { is_identical, commits: Vec::new() });
    }
    let commits = history::commits(git, span.old, span.new)?;
    let groups: Vec<&[FileChange]> = commits.iter().map(|commit| commit.files.as_slice()).collect();
    let reaching = judge.reaching(git, &groups)?;
    let commits = reaching.into_iter().map(|place| (place, commits[place].commit.clone())).collect();
    Ok(Changes { is_identical, commits })
}

struct Judge {
    closure: Closure,
    crates: Crates,
}

impl Judge {
    /// Which of these groups of changes have one that can change the image. Git is asked once for all.
    fn reaching(&self, git: &Git, groups: &[&[FileChange]]) -> Result<Vec<usize>, ClosureError> {
        let of_crates = |change: &&FileChange| self.closure.reach(change) == Reach::Crates;
        let mut objects: Vec<ObjectId> = groups
            .iter()
            .flat_map(|group| group.iter().filter(of_crates))
            .flat_map(|change| change.old.iter().chain(&change.new).cloned())
            .collect();
        objects.sort();
        objects.dedup();
        let texts = history::contents(git, &objects)?;
        let texts: BTreeMap<ObjectId, String> = objects.into_iter().zip(texts).collect();
        let text =
            |object: &Option<ObjectId>| object.as_ref().and_then(|object| texts.get(object)).map_or("", String::as_str);
        let reaches = |change: &FileChange| match self.closure.reach(change) {
            Reach::Inside => true,
            Reach::Outside => false,
            Reach::Crates => self.crates.is_reached(&change.path, text(&change.old), text(&change.new)),
        };
        let reaching = groups.iter().enumerate().filter(|(_, group)| group.iter().any(reaches));
        Ok(reaching.map(|(place, _)| place).collect())
    }
}
