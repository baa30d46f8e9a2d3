//! Making a plan true: one push a tag.
//!
//! Owns the order of things. A tag is pushed by its commit and becomes a tag of this clone only when origin says that it has
//! it, because git may push elsewhere (`pushurl`, `pushInsteadOf`). So a failure, a kill or a lost connection leaves none
//! behind here that origin does not have. Tags are lightweight and unsigned
//! whatever git's configuration says, and travel one by one: of more than three in one push GitHub tells no workflow.

use crate::error::{Error, typed};
use crate::git::{GitError, Hooks, ObjectId, Repository};
use crate::plan::Plan;
use release_tag::Tag;

/// How far a cut came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The tag that it stopped at.
    pub tag: Tag,
    /// What was pushed before.
    pub before: Vec<Tag>,
    /// What was to follow.
    pub after: Vec<Tag>,
}

impl Stop {
    /// What was pushed before, at the end of a sentence.
    pub(crate) fn pushed(&self) -> String {
        let names: Vec<String> = self.before.iter().map(|tag| format!("`{tag}`")).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => format!("; {one} was, and stays"),
            several => format!("; {} were, and stay", several.join(", ")),
        }
    }

    /// The command that pushes the rest.
    pub(crate) fn again(&self) -> String {
        let left = [&self.tag].into_iter().chain(&self.after);
        let names: Vec<String> = left.map(|tag| format!("{}@{}", tag.service(), tag.version())).collect();
        typed::command(&format!("cut {}", names.join(" ")))
    }
}

/// Pushes every tag of a plan, in order, and tells each one that origin says to have.
///
/// # Errors
/// When one is not pushed; those after it are not tried.
pub fn cut(repository: &Repository, plan: &Plan, hooks: Hooks, mut pushed: impl FnMut(&Tag)) -> Result<(), Error> {
    let tags: Vec<&Tag> = plan.releases.iter().map(|release| &release.tag).collect();
    for (place, tag) in tags.iter().enumerate() {
        let all = |tags: &[&Tag]| -> Vec<Tag> { tags.iter().map(|&tag| tag.clone()).collect() };
        let stop = Stop { tag: (*tag).clone(), before: all(&tags[..place]), after: all(&tags[place + 1..]) };
        let answer = repository.push(tag, &plan.commit, hooks);
        landed(repository, &plan.commit, stop, answer)?;
        // Origin has it, so the next fetch would make it a tag of this clone too: not worth a failure.
        let _ = repository.create(tag, &plan.commit);
        pushed(tag);
    }
    Ok(())
}

/// Asks origin, whatever the push said: one whose answer got lost may have arrived, and one that went well may have gone
/// elsewhere.
fn landed(repository: &Repository, commit: &ObjectId, stop: Stop, answer: Result<(), GitError>) -> Result<(), Error> {
    let there = repository.ask_origin(&stop.tag).map(|origin| origin.tag);
    let stop = Box::new(stop);
    match (there, answer) {
        (Ok(Some(at)), _) if at == *commit => Ok(()),
        (Ok(Some(at)), _) => Err(Error::Taken { stop, at }),
        (Ok(None) | Err(GitError::NoMain), Ok(())) => Err(Error::Elsewhere { stop }),
        (Ok(None) | Err(GitError::NoOrigin | GitError::NoMain), Err(source)) => {
            Err(Error::NotPushed { stop, source: Box::new(source) })
        }
        (Err(_), Err(source)) | (Err(source), Ok(())) => Err(Error::PushUnknown { stop, source: Box::new(source) }),
    }
}
