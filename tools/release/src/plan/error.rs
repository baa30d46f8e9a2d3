//! What speaks against a plan.

use release_tag::{ServiceName, Tag, Version};

use crate::closure::ClosureError;
use crate::git::{GitError, ObjectId};
use crate::github::GitHubError;
use crate::plan::PrereleaseError;
use crate::typed;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There is nothing that the next version could follow from.
    #[error("service `{service}` has no stable release yet, so there is no next version")]
    FirstRelease {
        /// The service.
        service: ServiceName,
        /// What could be the first one.
        version: Version,
    },
    /// A version is released once.
    #[error("tag `{tag}` exists already{place}", place = place(.at.as_ref()))]
    Exists {
        /// The tag.
        tag: Tag,
        /// The commit that it points at, where it is one.
        at: Option<ObjectId>,
    },
    /// Versions go up.
    #[error("`{tag}` is lower than the last stable release, `{last}`")]
    Lower {
        /// The tag.
        tag: Tag,
        /// The highest stable version.
        last: Version,
    },
    /// Pre-releases of one base go up, and count in one way.
    #[error(transparent)]
    Prerelease(#[from] Box<PrereleaseError>),
    /// Versions have an end.
    #[error("service `{service}` has no version after `{last}`")]
    Last {
        /// The service.
        service: ServiceName,
        /// The version with the largest number there is.
        last: Version,
    },
    /// The commit is not part of main.
    #[error("`{commit}` is not on origin's main, so it cannot become `{tag}`")]
    OffMain {
        /// The first tag that is refused.
        tag: Tag,
        /// The commit that is checked out.
        commit: ObjectId,
    },
    /// The commit is older than the last release, or beside it.
    #[error("`{commit}` does not contain the last stable release, `{last}`")]
    Behind {
        /// The last release.
        last: Tag,
        /// The commit that is checked out.
        commit: ObjectId,
    },
    /// There is nothing to release.
    #[error("{tags} would come out identical to the last release: nothing changed that can change it")]
    Identical {
        /// With backticks and commas.
        tags: String,
    },
    /// Git cannot answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// It is not known which repository on GitHub this is.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// The closure is not known.
    #[error(transparent)]
    Closure(#[from] ClosureError),
}

impl PlanError {
    /// Whether the answer is a "no" rather than a "don't know".
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Git(error) => error.is_refusal(),
            Self::GitHub(_) | Self::Closure(_) => false,
            _ => true,
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::FirstRelease { service, version } => Some(format!("name the first version: `{service}@{version}`")),
            Self::Prerelease(error) => error.hint(),
            Self::Exists { tag, .. } | Self::Lower { tag, .. } => Some(typed::next_version(tag)),
            Self::OffMain { tag, .. } if tag.version().is_prerelease() => {
                Some("merge it into main and push that, or use `--allow-prerelease-off-main`".to_owned())
            }
            Self::OffMain { .. } => Some("merge it into main and push that, or check out main".to_owned()),
            Self::Behind { .. } => {
                Some("check out a newer commit of main; `--force` takes back what the last release brought".to_owned())
            }
            Self::Identical { .. } => Some("`--force` releases it all the same".to_owned()),
            Self::Git(error) => error.hint(),
            Self::Closure(ClosureError::Query { .. } | ClosureError::Bazel(_)) => {
                Some("`--force --no-log` needs no Bazel, and does not know what changed".to_owned())
            }
            Self::GitHub(error) => error.hint(),
            Self::Last { .. } | Self::Closure(_) => None,
        }
    }
}

fn place(at: Option<&ObjectId>) -> String {
    at.map(|commit| format!(", at `{commit}`")).unwrap_or_default()
}
