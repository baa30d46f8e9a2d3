//! Which release is the latest one.
//!
//! GitHub keeps a mark that `make_latest` moves. Where no release has it, the newest one counts, whatever its own
//! `make_latest` was: `false` only takes the mark, it forbids nothing.

use super::release::Release;
use super::repository::Repository;

/// The latest release: never a draft, never a prerelease.
pub(super) fn of(repository: &Repository) -> Option<&Release> {
    let mut eligible = repository.releases.iter().filter(|release| !release.draft && !release.prerelease);
    let marked = eligible.clone().find(|release| Some(release.id) == repository.marked_latest);
    // The newest by creation, not by publication.
    marked.or_else(|| eligible.next_back())
}

/// Moves the mark after a release was changed. `is_new` says that it was published by that, which marks it unless it was
/// said otherwise; drafts and prereleases never are.
pub(super) fn mark(repository: &mut Repository, id: u64, make_latest: Option<&str>, is_new: bool) {
    let is_eligible = |release: &Release| release.id == id && !release.draft && !release.prerelease;
    let is_new = is_new && repository.releases.iter().any(is_eligible);
    match make_latest.or(is_new.then_some("true")) {
        Some("true") => repository.marked_latest = Some(id),
        Some(_) if repository.marked_latest == Some(id) => repository.marked_latest = None,
        _ => {}
    }
}
