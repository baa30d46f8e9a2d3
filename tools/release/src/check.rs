//! Whether a tag may be released: it exists on origin, is here what it is there, and lies on main.
//!
//! Owns that decision. A "no" is a refusal; whatever keeps it from being made is an error, and never a "yes".

use std::thread;

use serde::Serialize;

use crate::git::{GitError, ObjectId};
use crate::image_name;
use crate::repository::{OriginState, Repository, RepositoryError, TRACKED_MAIN};
use crate::tag::Tag;
use crate::typed;
use crate::version::Version;

/// Why a tag is not released.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no such tag.
    #[error("tag `{tag}` does not exist on origin")]
    Missing {
        /// The tag.
        tag: Tag,
        /// Whether it exists in this clone.
        is_here: bool,
    },
    /// The tag is not the same here and there.
    #[error("tag `{tag}` is `{here}` in this clone and `{there}` on origin")]
    Moved {
        /// The tag.
        tag: Tag,
        /// What it points at in this clone.
        here: ObjectId,
        /// What it points at on origin.
        there: ObjectId,
    },
    /// The tag points at a file or a folder.
    #[error("tag `{tag}` does not point at a commit")]
    NoCommit {
        /// The tag.
        tag: Tag,
    },
    /// The commit is not part of main.
    #[error("tag `{tag}` points at `{commit}`, which is not on origin's main")]
    OffMain {
        /// The tag.
        tag: Tag,
        /// Its commit.
        commit: ObjectId,
    },
    /// The repository cannot answer.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Git cannot answer.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl CheckError {
    /// Whether the answer is a "no" rather than a "don't know".
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Repository(_) | Self::Git(_))
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { tag, is_here: true } => {
                Some(format!("git push origin {reference}:{reference}", reference = tag.reference()))
            }
            Self::Missing { tag, is_here: false } => {
                Some(typed::command(&format!("cut {}@{}", tag.service(), tag.version())))
            }
            Self::Moved { .. } => {
                Some("a release tag never moves: find out who did it, and release the next version".to_owned())
            }
            Self::NoCommit { tag } => Some(typed::next_version(tag)),
            Self::OffMain { tag, .. } if tag.version().is_prerelease() => {
                Some("merge it into main first, or use `--allow-prerelease-off-main`".to_owned())
            }
            Self::OffMain { .. } => Some("merge it into main, then cut the next version there".to_owned()),
            Self::Repository(error) => error.hint().map(str::to_owned),
            Self::Git(_) => None,
        }
    }
}

/// Which pre-releases pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prereleases {
    /// Those on main, as all releases.
    OnMain,
    /// Those of any commit.
    Anywhere,
}

/// A tag that may be released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The tag.
    pub tag: Tag,
    /// Its service.
    pub service: String,
    /// Its version.
    pub version: Version,
    /// What its image is called; nothing for what is no image.
    pub image: Option<String>,
    /// Whether it is a pre-release.
    pub prerelease: bool,
    /// The commit that it points at.
    pub commit: ObjectId,
    /// Whether that commit is on origin's main; not asked where it does not matter.
    pub on_main: Option<bool>,
}

/// Decides about a tag of a known service.
///
/// # Errors
/// When the tag must not be released, and when that cannot be told.
pub fn check(repository: &Repository, tag: &Tag, prereleases: Prereleases) -> Result<Checked, CheckError> {
    let is_free = tag.version().is_prerelease() && prereleases == Prereleases::Anywhere;
    // Beside each other: origin takes the longest, and nearly always says what is here already.
    let (origin, guess) = thread::scope(|scope| {
        let guess = scope.spawn(|| guess(repository, tag, is_free));
        (repository.ask_origin(tag), guess.join())
    });
    let origin = origin?;
    // What went wrong with it comes up again below, where it is told.
    let guess = guess.ok().and_then(Result::ok).flatten().filter(|guess| guess.is_confirmed_by(&origin));
    let (commits, is_on_main) = match guess {
        Some(guess) => (guess.commits, guess.is_on_main),
        None => decide(repository, tag, origin, is_free)?,
    };
    if !is_free && !is_on_main {
        return Err(CheckError::OffMain { tag: tag.clone(), commit: commits.tag });
    }
    Ok(Checked {
        service: tag.service().to_owned(),
        version: tag.version().clone(),
        image: image_name::of(tag),
        prerelease: tag.version().is_prerelease(),
        commit: commits.tag,
        on_main: (!is_free).then_some(true),
        tag: tag.clone(),
    })
}

struct Commits {
    tag: ObjectId,
    main: ObjectId,
}

/// What would be decided if origin had what this clone has. Worth nothing until origin has said so.
struct Guess {
    commits: Commits,
    is_on_main: bool,
}

impl Guess {
    fn is_confirmed_by(&self, origin: &OriginState) -> bool {
        origin.main == self.commits.main && origin.tag.as_ref() == Some(&self.commits.tag)
    }
}

/// Decides from this clone alone; nothing where it lacks the tag or main.
fn guess(repository: &Repository, tag: &Tag, is_free: bool) -> Result<Option<Guess>, GitError> {
    let names = [format!("{}^{{commit}}", tag.reference()), format!("{TRACKED_MAIN}^{{commit}}")];
    let objects = repository.objects(&names)?;
    let [Some(commit), Some(main)] = objects.as_slice() else { return Ok(None) };
    let is_on_main = !is_free && repository.is_ancestor(commit, main)?;
    let commits = Commits { tag: commit.clone(), main: main.clone() };
    Ok(Some(Guess { commits, is_on_main }))
}

/// Decides from what origin has, which is fetched where this clone lacks it.
fn decide(
    repository: &Repository,
    tag: &Tag,
    origin: OriginState,
    is_free: bool,
) -> Result<(Commits, bool), CheckError> {
    let commits = match local_commits(repository, tag, &origin)? {
        Some(commits) => commits,
        None => fetched_commits(repository, tag, origin)?,
    };
    let is_on_main = !is_free && repository.is_ancestor(&commits.tag, &commits.main)?;
    Ok((commits, is_on_main))
}

fn fetched_commits(repository: &Repository, tag: &Tag, origin: OriginState) -> Result<Commits, CheckError> {
    repository.fetch(&[tag.to_string()])?;
    // Main may have grown since it was asked for.
    let tracked = repository.objects(&[TRACKED_MAIN.to_owned()])?;
    let main = tracked.into_iter().next().flatten().ok_or(RepositoryError::NoTrackedMain)?;
    let commits = local_commits(repository, tag, &OriginState { main, ..origin })?;
    commits.ok_or_else(|| CheckError::NoCommit { tag: tag.clone() })
}

/// What origin has, as commits of this clone; nothing where it must be fetched first. Tags are compared by what they point at:
/// a checkout of CI has annotated ones as lightweight ones.
fn local_commits(repository: &Repository, tag: &Tag, origin: &OriginState) -> Result<Option<Commits>, CheckError> {
    let there = origin.tag.as_ref();
    let peeled = |object: &ObjectId| format!("{object}^{{commit}}");
    let mut names = vec![format!("{}^{{}}", tag.reference()), peeled(&origin.main)];
    names.extend(there.map(ToString::to_string));
    names.extend(there.map(peeled));
    let mut objects = repository.objects(&names)?.into_iter();
    let mut next = || objects.next().flatten();
    let (here, main, object, commit) = (next(), next(), next(), next());
    let Some(there) = there else {
        return Err(CheckError::Missing { tag: tag.clone(), is_here: here.is_some() });
    };
    if let Some(here) = here.filter(|here| here != there) {
        return Err(CheckError::Moved { tag: tag.clone(), here, there: there.clone() });
    }
    match (object, main, commit) {
        (Some(_), _, None) => Err(CheckError::NoCommit { tag: tag.clone() }),
        (Some(_), Some(main), Some(commit)) => Ok(Some(Commits { tag: commit, main })),
        _ => Ok(None),
    }
}
