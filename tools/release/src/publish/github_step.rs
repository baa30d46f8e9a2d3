//! The release of a tag on GitHub: a draft until everything is there, then published.

use super::{ImageState, PublishContext, PublishRequest, ReleaseState};
use crate::build::Bazel;
use crate::build::closure::BazelClosures;
use crate::check::{Checked, check};
use crate::error::Error;
use crate::git::Repository;
use crate::github::{GitHub, GitHubError, Release, ReleaseText};
use crate::interruption::wait;
use crate::notes::{self, Notes, Subject};
use terminal::printable;

/// Makes sure that the tag has its release.
pub(super) fn run(
    context: PublishContext<'_>,
    github: &GitHub,
    request: &PublishRequest,
    checked: &Checked,
    image: &ImageState,
    bazel: &Bazel,
) -> Result<ReleaseState, Error> {
    let tag = &checked.tag;
    if let Some(published) = wait(github.published(tag))?? {
        return Ok(ReleaseState { url: Some(published.html_url), word: "unchanged" });
    }
    if request.dry_run {
        return Ok(ReleaseState { url: None, word: "would be published" });
    }
    context.progress.note(&format!("{tag}: writing the notes"));
    let notes = notes(context.repository, checked, bazel, image)?;
    let text = ReleaseText { notes: notes::markdown(&notes), prerelease: tag.version().is_prerelease() };
    let drafts = wait(github.drafts(tag, &text))??;
    for other in &drafts.others {
        // Somebody may still need it.
        context
            .progress
            .note(&format!("{tag}: another draft of it is left alone, {}", printable::line(&other.html_url)));
    }
    let draft = match drafts.own {
        Some(draft) => draft,
        None => create(github, checked, &text)?,
    };
    if !draft.draft {
        return Ok(ReleaseState { url: Some(draft.html_url), word: "unchanged" });
    }
    // For a tag that is gone by now GitHub would make one, of whatever main has.
    check(context.repository, tag, request.prereleases)?;
    match wait(github.publish_draft(&draft, &text))? {
        Ok(published) => Ok(ReleaseState { url: Some(published.html_url), word: "published" }),
        // A tag has one published release: somebody else was faster.
        Err(error @ GitHubError::Invalid { .. }) => {
            let published = wait(github.published(tag))??.ok_or(error)?;
            Ok(ReleaseState { url: Some(published.html_url), word: "unchanged" })
        }
        Err(error) => Err(error.into()),
    }
}

fn notes(repository: &Repository, checked: &Checked, bazel: &Bazel, image: &ImageState) -> Result<Notes, Error> {
    let subject = Subject {
        tag: checked.tag.clone(),
        commit: checked.commit.clone(),
        image: Some(image.report.repository.clone()),
        report: Some(image.report.clone()),
    };
    notes::make(repository, subject, &BazelClosures::new(bazel.clone()))
}

/// Makes the draft. A refusal may mean that somebody else was faster: then theirs is taken.
fn create(github: &GitHub, checked: &Checked, text: &ReleaseText) -> Result<Release, Error> {
    match wait(github.create_draft(&checked.tag, text))? {
        Err(error @ GitHubError::Invalid { .. }) => Ok(wait(github.published(&checked.tag))??.ok_or(error)?),
        result => Ok(result?),
    }
}
