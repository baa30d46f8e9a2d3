//! What can have changed a service's image between two commits.
//!
//! Owns putting history and closure together. Whether the image differs is decided by what differs between the two commits,
//! so that a change and its revert are none; which commits did it is for people to read.

use std::collections::BTreeMap;

use super::{Closure, Closures, Crates, Reach};
use crate::error::Error;
use crate::git::{FileChange, ObjectId, Repository};

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

/// Finds out what changed, by service. Bazel is asked once, for the services between whose commits there is any change.
///
/// # Errors
/// When history or a closure cannot be read.
pub fn between(
    repository: &Repository,
    closures: &dyn Closures,
    spans: &[Span<'_>],
    detail: Detail,
) -> Result<BTreeMap<String, Changes>, Error> {
    let mut changes = BTreeMap::new();
    let mut open = BTreeMap::new();
    for span in spans {
        let files = repository.difference(span.old, span.new)?;
        if files.is_empty() {
            changes.insert(span.service.to_owned(), Changes { is_identical: true, commits: Vec::new() });
        } else {
            open.insert(span.service, (span, files));
        }
    }
    let known = closures.closures(&open.keys().copied().collect::<Vec<_>>())?;
    let root = closures.root().unwrap_or(repository.root());
    for (service, closure) in known {
        if let Some((span, files)) = open.remove(service.as_str()) {
            let judge = Judge { crates: Crates::read(root, &closure)?, closure };
            changes.insert(service, judge.changes(repository, span, &files, detail)?);
        }
    }
    Ok(changes)
}

struct Judge {
    closure: Closure,
    crates: Crates,
}

impl Judge {
    fn changes(
        &self,
        repository: &Repository,
        span: &Span<'_>,
        files: &[FileChange],
        detail: Detail,
    ) -> Result<Changes, Error> {
        let is_identical = self.reaching(repository, &[files])?.is_empty();
        if is_identical || detail == Detail::Whether {
            return Ok(Changes { is_identical, commits: Vec::new() });
        }
        let commits = repository.changes_since(span.old, span.new)?;
        let groups: Vec<&[FileChange]> = commits.iter().map(|commit| commit.files.as_slice()).collect();
        let reaching = self.reaching(repository, &groups)?;
        let commits = reaching.into_iter().map(|place| (place, commits[place].commit.clone())).collect();
        Ok(Changes { is_identical, commits })
    }

    /// Which of these groups of changes have one that can change the image. Git is asked once for all.
    fn reaching(&self, repository: &Repository, groups: &[&[FileChange]]) -> Result<Vec<usize>, Error> {
        let of_crates = |change: &&FileChange| self.closure.reach(change) == Reach::Crates;
        let mut objects: Vec<ObjectId> = groups
            .iter()
            .flat_map(|group| group.iter().filter(of_crates))
            .flat_map(|change| change.old.iter().chain(&change.new).cloned())
            .collect();
        objects.sort();
        objects.dedup();
        let texts = repository.contents(&objects)?;
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
