//! What can go wrong with a release, and what to do about it.
//!
//! What git, GitHub and Bazel cannot do, what is wrong with the client, and what speaks against a plan, are enums of their own below this one.

pub(crate) mod typed;

use std::sync::Arc;

use oci::reference::Repository;
use release_tag::{ServiceName, Tag};
use terminal::{Diagnostic, Verdict, printable};

use crate::build::BuildError;
use crate::client::ClientError;
use crate::git::{GitError, ObjectId};
use crate::github::GitHubError;
use crate::interruption::Interrupted;
use crate::plan::PlanError;
use crate::plan::cut::Stop;

/// Every error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something breaks the grammar of releases.
    #[error(transparent)]
    Grammar(#[from] release_tag::Error),
    /// There is no such service, or the services cannot be told.
    #[error(transparent)]
    Service(#[from] services::Error),
    /// The version for all bare names is none.
    #[error("`--version {text}` is not a version: {reason}")]
    Version {
        /// As typed, printable.
        text: String,
        /// Which rule it breaks.
        reason: String,
    },
    /// One service, two versions.
    #[error("service `{service}` is asked for twice, with different versions")]
    Contradiction {
        /// The service.
        service: ServiceName,
    },
    /// Two releases of one service where each has an image with one version in it.
    #[error("`{one}` and `{other}` are of one service")]
    SameService {
        /// The first tag.
        one: String,
        /// The other.
        other: String,
    },
    /// What is no image cannot be looked at as one.
    #[error("`{tag}` is no image but the command line client, which is not rebuilt and compared")]
    NoImage {
        /// The tag.
        tag: Tag,
    },
    /// The client and images at once.
    #[error("`{tag}` is published by itself: it is no image but the command line client")]
    Alone {
        /// The client's tag.
        tag: Tag,
        /// What can be typed for the others.
        others: Vec<Tag>,
    },
    /// A part of another kind of release.
    #[error("`{flag}` is no part of publishing `{tag}`")]
    Part {
        /// As typed.
        flag: &'static str,
        /// The first tag.
        tag: Tag,
        /// What is.
        parts: &'static [&'static str],
    },
    /// Of several tags more than one was typed wrong.
    #[error("{} of the tags are wrong, so nothing is done:{}", .0.len(), printable::list(.0))]
    SeveralTyped(Vec<Error>),
    /// A flag for names without a version where every name has one.
    #[error("`{flag}` is for services without a version, and every one has its own")]
    Unused {
        /// As typed.
        flag: &'static str,
    },
    /// There is no such tag on origin.
    #[error("tag `{tag}` does not exist on origin")]
    NotOnOrigin {
        /// The tag.
        tag: Tag,
        /// Whether it exists in this clone.
        is_here: bool,
    },
    /// There is no such tag in this clone.
    #[error("tag `{tag}` does not exist")]
    NoTag {
        /// The tag.
        tag: Tag,
    },
    /// The commit of a tag is not part of main.
    #[error("tag `{tag}` points at `{commit}`, which is not on origin's main")]
    OffMain {
        /// The tag.
        tag: Tag,
        /// Its commit.
        commit: ObjectId,
    },
    /// Of several tags more than one must not be released.
    #[error("{} of the tags cannot be published, so none is:{}", .0.len(), printable::list(.0))]
    SeveralRefused(Vec<Error>),
    /// What is done for all tags of a commit fails as a whole.
    #[error(transparent)]
    Together(Arc<Error>),
    /// A label of an image is not the tag's.
    #[error("the image of `{tag}` says in its label `{label}` that it is `{actual}`, not `{expected}`")]
    Label {
        /// The tag.
        tag: Box<Tag>,
        /// The label's name.
        label: &'static str,
        /// What it says.
        actual: String,
        /// What the tag says.
        expected: String,
    },
    /// There is no image to speak of.
    #[error("`{repository}` has no image `{tag}`")]
    Unpublished {
        /// Where it was looked for.
        repository: Repository,
        /// The tag.
        tag: Box<Tag>,
    },
    /// Origin has another tag of the name of one that was to be pushed.
    #[error("tag `{}` exists on origin by now, at `{at}`{}", .stop.tag, .stop.pushed())]
    Taken {
        /// How far it came.
        stop: Box<Stop>,
        /// What origin has.
        at: ObjectId,
    },
    /// Origin did not take a tag.
    #[error("tag `{}` was not pushed{}", .stop.tag, .stop.pushed())]
    NotPushed {
        /// How far it came.
        stop: Box<Stop>,
        /// What git said.
        #[source]
        source: Box<GitError>,
    },
    /// Git pushes to another repository than the one that it fetches from.
    #[error("tag `{}` was pushed, and is not on origin{}", .stop.tag, .stop.pushed())]
    Elsewhere {
        /// How far it came.
        stop: Box<Stop>,
    },
    /// Origin went away while a tag was pushed.
    #[error("nobody knows whether tag `{}` was pushed{}", .stop.tag, .stop.pushed())]
    PushUnknown {
        /// How far it came.
        stop: Box<Stop>,
        /// What git said.
        #[source]
        source: Box<GitError>,
    },
    /// Something speaks against a plan.
    #[error(transparent)]
    Plan(Box<PlanError>),
    /// Git cannot answer, or a tag is not what it should be.
    #[error(transparent)]
    Git(#[from] GitError),
    /// GitHub does not do it.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// Bazel cannot answer, or an image does not build or breaks its contract.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The client cannot be built, found or published.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// npm has other bytes, or cannot be asked.
    #[error(transparent)]
    Npm(#[from] npm::Error),
    /// The image is not a valid one.
    #[error(transparent)]
    Image(#[from] oci::Error),
    /// The registry refuses, or gives no clear answer.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// Somebody has lost patience.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        Self::Plan(Box::new(error))
    }
}

impl Error {
    /// The error of several tags: the one that there is, or all together.
    pub(crate) fn all(mut errors: Vec<Self>, together: impl FnOnce(Vec<Self>) -> Self) -> Result<(), Self> {
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(together(errors)),
        }
    }
}

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Grammar(error) => return error.hint(),
            Self::Service(error) => return error.hint(),
            Self::Plan(error) => return error.hint(),
            Self::Git(error) => return error.hint(),
            Self::GitHub(error) => return error.hint(),
            Self::Build(error) => return error.hint(),
            Self::Client(error) => return error.hint(),
            Self::Npm(error) => return error.hint(),
            Self::Registry(error) => return error.hint(),
            Self::Together(error) => return error.hint(),
            Self::SeveralTyped(errors) | Self::SeveralRefused(errors) => {
                return printable::hints(errors.iter().filter_map(Self::hint));
            }
            Self::Image(error) => return error.hint(),
            Self::Interrupted(_) => return None,
            Self::Version { .. } => "use `--version vMAJOR.MINOR.PATCH[-PRE]`, such as `v1.4.0`".to_owned(),
            Self::Contradiction { service } => format!("name `{service}` once"),
            Self::SameService { .. } => "publish one after the other".to_owned(),
            Self::NoImage { tag } => format!(
                "{} makes its archives, and the release on GitHub has a `checksums.txt` to hold them against",
                typed::command(&format!("publish {tag} --only archives"))
            ),
            Self::Alone { tag, others } => {
                let publish = |tags: &[Tag]| {
                    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
                    typed::command(&format!("publish {}", tags.join(" ")))
                };
                let own = publish(std::slice::from_ref(tag));
                if others.is_empty() { own } else { format!("{}, and {own}", publish(others)) }
            }
            Self::Part { tag, parts, .. } => {
                let commands = parts.iter().map(|part| typed::command(&format!("publish {tag} {part}")));
                commands.collect::<Vec<_>>().join(", or ")
            }
            Self::Unused { flag } => format!("leave `{flag}` out"),
            Self::NotOnOrigin { tag, is_here: true } => {
                format!("git push origin {reference}:{reference}", reference = tag.reference())
            }
            Self::NotOnOrigin { tag, is_here: false } => {
                typed::command(&format!("cut {}@{}", tag.service(), tag.version()))
            }
            Self::NoTag { tag } => format!("git tag --list '{}/*'", tag.service()),
            Self::OffMain { tag, .. } if tag.version().is_prerelease() => {
                "merge it into main first, or use `--allow-prerelease-off-main`".to_owned()
            }
            Self::OffMain { .. } => "merge it into main, then cut the next version there".to_owned(),
            Self::Label { .. } => {
                "`--config=release` must stamp: see `build/workspace_status.sh` and `.bazelrc`".to_owned()
            }
            Self::Unpublished { tag, .. } => typed::command(&format!("publish {tag} --only image")),
            Self::Taken { stop, .. } => typed::next_version(&stop.tag),
            Self::NotPushed { stop, .. } => stop.again(),
            Self::Elsewhere { stop } => format!(
                "`git remote get-url --push --all origin` says where it is: delete it there, let that be the repository that \
                 origin is fetched from (`remote.origin.pushurl`, `url.*.pushInsteadOf`), then {}",
                stop.again()
            ),
            Self::PushUnknown { stop, .. } => format!(
                "git ls-remote origin {}; if it is not there: {}; if it is, the same without it",
                stop.tag.reference(),
                stop.again()
            ),
        })
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::Grammar(error) => error.verdict(),
            Self::Service(error) => error.verdict(),
            Self::Plan(error) => error.verdict(),
            Self::Git(error) => error.verdict(),
            Self::Build(error) => error.verdict(),
            Self::Client(error) => error.verdict(),
            Self::Npm(error) => error.verdict(),
            Self::Together(error) => error.verdict(),
            Self::SeveralRefused(errors) if !errors.iter().all(Self::is_refusal) => Verdict::Unknown,
            Self::Image(error) => error.verdict(),
            Self::Registry(error) => error.verdict(),
            Self::NotPushed { source, .. } => source.verdict(),
            Self::GitHub(_) | Self::Interrupted(_) | Self::Elsewhere { .. } | Self::PushUnknown { .. } => {
                Verdict::Unknown
            }
            _ => Verdict::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use terminal::chain;

    use super::*;

    #[test]
    fn what_is_nested_keeps_its_cause_its_hint_and_its_verdict() {
        let tag = || Tag::parse("api/v1.2.3".as_ref()).unwrap();
        let away = || {
            GitError::Origin(Box::new(GitError::Failed { command: "ls-remote".to_owned(), message: "gone".to_owned() }))
        };
        let stop = Box::new(Stop { tag: tag(), before: Vec::new(), after: Vec::new() });
        let no_commit = || Error::from(GitError::TagOfNoCommit { tag: tag() });
        let asked = "cannot ask `origin`: `git ls-remote` failed: gone";
        for (error, expected, hint, verdict) in [
            (Error::from(away()), asked.to_owned(), "git ls-remote origin", Verdict::Unknown),
            (PlanError::Changes(away().into()).into(), asked.to_owned(), "git ls-remote origin", Verdict::Unknown),
            (Error::Together(Arc::new(away().into())), asked.to_owned(), "git ls-remote origin", Verdict::Unknown),
            (
                Error::NotPushed { stop, source: Box::new(away()) },
                format!("tag `api/v1.2.3` was not pushed: {asked}"),
                "make release ARGS='cut api@v1.2.3'",
                Verdict::Unknown,
            ),
            (
                PlanError::Changes(no_commit()).into(),
                "tag `api/v1.2.3` does not point at a commit".to_owned(),
                "a service without a version gets the next one: make release ARGS='cut api'",
                Verdict::Refused,
            ),
        ] {
            assert_eq!((chain(&error), error.hint().as_deref(), error.verdict()), (expected, Some(hint), verdict));
        }
    }

    #[test]
    fn several_are_a_no_only_where_each_is_one() {
        let no = || Error::Unused { flag: "--bump" };
        let several = Error::SeveralRefused(vec![no(), no()]);
        assert_eq!((several.verdict(), several.hint().as_deref()), (Verdict::Refused, Some("leave `--bump` out")));
        assert!(!Error::SeveralRefused(vec![no(), GitError::NoMain.into()]).is_refusal());
        assert!(Error::all(Vec::new(), Error::SeveralRefused).is_ok());
        assert_eq!(Error::all(vec![no()], Error::SeveralRefused).unwrap_err().to_string(), no().to_string());
    }
}
