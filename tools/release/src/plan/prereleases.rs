//! What speaks against a pre-release: those that exist of its base.
//!
//! Owns that decision. How a series counts is `release_tag::prerelease`'s.

use release_tag::{ServiceName, Tag, Version, prerelease};

/// Why a pre-release is not made. Each has seen a tag, and knows what could be made instead.
#[derive(Debug, thiserror::Error)]
pub enum PrereleaseError {
    /// Pre-releases of one base go up.
    #[error("`{tag}` is lower than `{}/{seen}`, which exists", .tag.service())]
    Lower {
        /// The tag.
        tag: Tag,
        /// The highest pre-release of its base.
        seen: Version,
        /// One that is higher.
        next: Option<Version>,
    },
    /// One label counts in one way.
    #[error("`{tag}` counts in another way than `{}/{seen}`, which exists", .tag.service())]
    OtherSeries {
        /// The tag.
        tag: Tag,
        /// A pre-release of its base with the same label.
        seen: Version,
        /// The one that follows it.
        next: Option<Version>,
    },
    /// One label counts in two ways already.
    #[error("`{service}/{one}` and `{service}/{other}` count in two ways, so there is no next one")]
    TwoSeries {
        /// The service.
        service: ServiceName,
        /// The highest one by number.
        one: Version,
        /// The highest one that counts in another way.
        other: Version,
        /// One that is higher than both.
        next: Option<Version>,
    },
}

impl PrereleaseError {
    /// What to type instead, where there is such a version.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let (words, service, next) = match self {
            Self::Lower { tag, next, .. } => {
                ("versions go up in SemVer's order; name a higher one, such as", tag.service(), next)
            }
            Self::OtherSeries { tag, next, .. } => ("go on as it began:", tag.service(), next),
            Self::TwoSeries { service, next, .. } => ("name the one that is meant, such as", service, next),
        };
        next.as_ref().map(|next| format!("{words} `{service}@{next}`"))
    }
}

/// Takes only what is no pre-release, or one that is higher than all of its base and counts as they do.
///
/// # Errors
/// When there is a higher one, or one with the same label that counts otherwise.
pub(super) fn check(tag: &Tag, existing: &[&Version]) -> Result<(), Box<PrereleaseError>> {
    if !tag.version().is_prerelease() {
        return Ok(());
    }
    let same_base = existing.iter().copied().filter(|known| known.has_base_of(tag.version()));
    if let Some(highest) = same_base.max().filter(|highest| tag.version() < *highest) {
        let next = higher(highest, existing);
        return Err(Box::new(PrereleaseError::Lower { tag: tag.clone(), seen: highest.clone(), next }));
    }
    match prerelease::other_series(tag.version(), existing) {
        None => Ok(()),
        Some(seen) => {
            let next = higher(seen, existing);
            Err(Box::new(PrereleaseError::OtherSeries { tag: tag.clone(), seen: seen.clone(), next }))
        }
    }
}

/// That two series of one label exist.
pub(super) fn two_series(
    service: &ServiceName,
    one: Version,
    other: Version,
    existing: &[&Version],
) -> Box<PrereleaseError> {
    let next = higher(&one, existing);
    Box::new(PrereleaseError::TwoSeries { service: service.clone(), one, other, next })
}

/// A version of the same base that is higher than all that exist: best the one that follows `of`.
fn higher(of: &Version, existing: &[&Version]) -> Option<Version> {
    let highest = existing.iter().copied().filter(|known| known.has_base_of(of)).max()?;
    prerelease::above(of).filter(|next| next > highest).or_else(|| prerelease::above(highest))
}
