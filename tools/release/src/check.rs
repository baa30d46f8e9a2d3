//! Whether a tag may be released: it exists on origin, is here what it is there, lies on main, and is of a service that its
//! commit has.
//!
//! Owns that decision. A "no" is a refusal; whatever keeps it from being made is an error, and never a "yes".

use std::{panic, thread};

use release_tag::Tag;
use services::Services;
use terminal::Diagnostic as _;

use crate::build::sources;
use crate::error::Error;
use crate::git::{GitError, ObjectId, OriginState, Repository, TagState};

/// Which pre-releases pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prereleases {
    /// Those on main, as all releases.
    OnMain,
    /// Those of any commit.
    Anywhere,
}

/// A tag that may be released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The tag.
    pub tag: Tag,
    /// The commit that it points at.
    pub commit: ObjectId,
    /// Whether that commit is on origin's main; not asked where it does not matter.
    pub on_main: Option<bool>,
}

/// Decides about a tag.
///
/// # Errors
/// When the tag must not be released, and when that cannot be told.
pub fn check(repository: &Repository, tag: &Tag, prereleases: Prereleases) -> Result<Checked, Error> {
    let is_free = tag.version().is_prerelease() && prereleases == Prereleases::Anywhere;
    // Beside each other: origin takes the longest, and nearly always says what is here already.
    let (origin, here) = thread::scope(|scope| {
        let here = scope.spawn(|| look(repository, tag, is_free));
        (repository.ask_origin(tag), here.join().unwrap_or_else(|payload| panic::resume_unwind(payload)))
    });
    let origin = origin?;
    if origin.tag.is_none() {
        let is_here = repository.tag_state(tag)?.target.is_some();
        return Err(missing(repository, tag, is_here));
    }
    let (commit, is_on_main) = match here {
        Ok(here) if here.is_confirmed_by(&origin) => (here.state.commit, here.is_on_main),
        // Whatever went wrong here comes up again, where it still matters.
        _ => {
            repository.fetch_tag(tag)?;
            let here = look(repository, tag, is_free)?;
            (here.state.commit, here.is_on_main)
        }
    };
    let commit = commit.ok_or_else(|| GitError::TagOfNoCommit { tag: tag.clone() })?;
    if !is_free && !is_on_main {
        return Err(Error::OffMain { tag: tag.clone(), commit });
    }
    sources::services(repository, &commit)?.expect(tag.service().as_str())?;
    Ok(Checked { tag: tag.clone(), commit, on_main: (!is_free).then_some(true) })
}

/// That a tag does not exist, or rather, where its service is unknown here too, that.
fn missing(repository: &Repository, tag: &Tag, is_here: bool) -> Error {
    let services = Services::read(repository.root()).map(Services::with_cli);
    match services.and_then(|services| services.expect(tag.service().as_str())) {
        Err(error) if error.is_refusal() => error.into(),
        _ => Error::NotOnOrigin { tag: tag.clone(), is_here },
    }
}

/// What this clone says. Worth nothing until origin has said the same.
struct Here {
    state: TagState,
    is_on_main: bool,
}

impl Here {
    fn is_confirmed_by(&self, origin: &OriginState) -> bool {
        self.state.main.as_ref() == Some(&origin.main) && self.state.target == origin.tag
    }
}

fn look(repository: &Repository, tag: &Tag, is_free: bool) -> Result<Here, GitError> {
    let state = repository.tag_state(tag)?;
    let is_on_main = match &state.commit {
        Some(commit) if !is_free => repository.is_on_main(commit)?,
        _ => false,
    };
    Ok(Here { state, is_on_main })
}
