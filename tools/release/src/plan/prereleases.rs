//! What speaks against a pre-release: those that exist of its base.
//!
//! Owns that decision. How a series counts is `release_tag::prerelease`'s.

use release_tag::{ServiceName, Tag, Version, prerelease};

use super::PlanError;
use crate::error::Error;

/// Takes only what is no pre-release, or one that is higher than all of its base and counts as they do.
///
/// # Errors
/// When there is a higher one, or one with the same label that counts otherwise.
pub(super) fn check(tag: &Tag, existing: &[&Version]) -> Result<(), Error> {
    if !tag.version().is_prerelease() {
        return Ok(());
    }
    let same_base = existing.iter().copied().filter(|known| known.has_base_of(tag.version()));
    if let Some(highest) = same_base.max().filter(|highest| tag.version() < *highest) {
        let next = higher(highest, existing);
        return Err(PlanError::LowerPrerelease { tag: tag.clone(), seen: highest.clone(), next }.into());
    }
    match prerelease::other_series(tag.version(), existing) {
        None => Ok(()),
        Some(seen) => {
            let next = higher(seen, existing);
            Err(PlanError::OtherSeries { tag: tag.clone(), seen: seen.clone(), next }.into())
        }
    }
}

/// That two series of one label exist.
pub(super) fn two_series(service: &ServiceName, one: Version, other: Version, existing: &[&Version]) -> PlanError {
    let next = higher(&one, existing);
    PlanError::TwoSeries { service: service.clone(), one, other, next }
}

/// A version of the same base that is higher than all that exist: best the one that follows `of`.
fn higher(of: &Version, existing: &[&Version]) -> Option<Version> {
    let highest = existing.iter().copied().filter(|known| known.has_base_of(of)).max()?;
    prerelease::above(of).filter(|next| next > highest).or_else(|| prerelease::above(highest))
}
