//! What speaks against a plan, and what to do about it.

use release_tag::{ServiceName, Tag, Version};
use terminal::{Diagnostic, Verdict};

use crate::build::BuildError;
use crate::error::{Error, typed};
use crate::git::ObjectId;

/// Why there is no plan. Where a pre-release is refused, `next` is one that could be made instead.
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
    /// Pre-releases of one base go up.
    #[error("`{tag}` is lower than `{}/{seen}`, which exists", .tag.service())]
    LowerPrerelease {
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
    /// It is not known what has changed.
    #[error(transparent)]
    Changes(Error),
}

impl Diagnostic for PlanError {
    fn hint(&self) -> Option<String> {
        let instead = |words: &str, service: &ServiceName, next: &Option<Version>| {
            next.as_ref().map(|next| format!("{words} `{service}@{next}`"))
        };
        Some(match self {
            Self::FirstRelease { service, version } => format!("name the first version: `{service}@{version}`"),
            Self::Exists { tag, .. } | Self::Lower { tag, .. } => typed::next_version(tag),
            Self::LowerPrerelease { tag, next, .. } => {
                return instead("versions go up in SemVer's order; name a higher one, such as", tag.service(), next);
            }
            Self::OtherSeries { tag, next, .. } => return instead("go on as it began:", tag.service(), next),
            Self::TwoSeries { service, next, .. } => {
                return instead("name the one that is meant, such as", service, next);
            }
            Self::OffMain { tag, .. } if tag.version().is_prerelease() => {
                "merge it into main and push that, or use `--allow-prerelease-off-main`".to_owned()
            }
            Self::OffMain { .. } => "merge it into main and push that, or check out main".to_owned(),
            Self::Behind { .. } => {
                "check out a newer commit of main; `--force` takes back what the last release brought".to_owned()
            }
            Self::Identical { .. } => "`--force` releases it all the same".to_owned(),
            Self::Changes(Error::Build(BuildError::Start { .. } | BuildError::Dependencies { .. })) => {
                "`--force --no-log` needs no Bazel, and does not know what changed".to_owned()
            }
            Self::Changes(error) => return error.hint(),
            Self::Last { .. } => return None,
        })
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::Changes(error) => error.verdict(),
            _ => Verdict::Refused,
        }
    }
}

fn place(at: Option<&ObjectId>) -> String {
    at.map(|commit| format!(", at `{commit}`")).unwrap_or_default()
}
