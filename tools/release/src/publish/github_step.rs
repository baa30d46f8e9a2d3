//! The release of a tag on GitHub: a draft until everything is there, then published.

use super::{ImageState, PublishContext, PublishRequest, ReleaseState};
use crate::build::Bazel;
use crate::build::closure::BazelClosures;
use crate::check::{Checked, Prereleases, check};
use crate::error::Error;
use crate::git::Repository;
use crate::github::{GitHub, GitHubError, Release, ReleaseFile, ReleaseText};
use crate::interruption::wait;
use crate::notes::{self, Notes, Subject};
use terminal::printable;
use terminal::progress::Progress;

/// A release that there should be.
pub(crate) struct Wanted<'a> {
    /// Its tag.
    pub(crate) checked: &'a Checked,
    /// Whether pre-releases may be off main.
    pub(crate) prereleases: Prereleases,
    /// Only look.
    pub(crate) dry_run: bool,
    /// Its files.
    pub(crate) files: &'a [ReleaseFile],
    /// Makes sure that a draft has them.
    pub(crate) fill: &'a dyn Fn(&Release) -> Result<(), Error>,
    /// Takes only a published release that has them.
    pub(crate) compare: &'a dyn Fn(&Release) -> Result<(), Error>,
}

/// Makes sure that the tag of an image has its release.
pub(super) fn run(
    context: PublishContext<'_>,
    github: &GitHub,
    request: &PublishRequest,
    checked: &Checked,
    image: &ImageState,
    bazel: &Bazel,
) -> Result<ReleaseState, Error> {
    let wanted = Wanted {
        checked,
        prereleases: request.prereleases,
        dry_run: request.dry_run,
        files: &[],
        fill: &|_| Ok(()),
        compare: &|_| Ok(()),
    };
    let text = || {
        let notes = notes(context.repository, checked, bazel, image)?;
        let prerelease = checked.tag.version().is_prerelease();
        Ok(ReleaseText { notes: notes::markdown(&notes), prerelease, latest: false })
    };
    bring(context.repository, context.progress, github, &wanted, text)
}

/// Makes sure that a tag has its release. `text` is asked for only where that is written.
pub(crate) fn bring(
    repository: &Repository,
    progress: &dyn Progress,
    github: &GitHub,
    wanted: &Wanted<'_>,
    text: impl FnOnce() -> Result<ReleaseText, Error>,
) -> Result<ReleaseState, Error> {
    let tag = &wanted.checked.tag;
    if let Some(published) = wait(github.published(tag))?? {
        return unchanged(wanted, published);
    }
    if wanted.dry_run {
        return Ok(ReleaseState { url: None, word: "would be published" });
    }
    progress.note(&format!("{tag}: writing the notes"));
    let text = text()?;
    let drafts = wait(github.drafts(tag, &text, wanted.files))??;
    for other in &drafts.others {
        // Somebody may still need it.
        progress.note(&format!("{tag}: another draft of it is left alone, {}", printable::line(&other.html_url)));
    }
    let draft = match drafts.own {
        Some(draft) => draft,
        None => create(github, wanted.checked, &text)?,
    };
    if !draft.draft {
        return unchanged(wanted, draft);
    }
    (wanted.fill)(&draft)?;
    // For a tag that is gone by now GitHub would make one, of whatever main has.
    check(repository, tag, wanted.prereleases)?;
    match wait(github.publish_draft(&draft, &text))? {
        Ok(published) => Ok(ReleaseState { url: Some(published.html_url), word: "published" }),
        // A tag has one published release: somebody else was faster.
        Err(error @ GitHubError::Invalid { .. }) => unchanged(wanted, wait(github.published(tag))??.ok_or(error)?),
        Err(error) => Err(error.into()),
    }
}

fn unchanged(wanted: &Wanted<'_>, published: Release) -> Result<ReleaseState, Error> {
    (wanted.compare)(&published)?;
    Ok(ReleaseState { url: Some(published.html_url), word: "unchanged" })
}

fn notes(repository: &Repository, checked: &Checked, bazel: &Bazel, image: &ImageState) -> Result<Notes, Error> {
    let subject = Subject {
        tag: checked.tag.clone(),
        commit: checked.commit.clone(),
        image: Some(image.report.repository.clone()),
        report: Some(image.report.clone()),
        files: Vec::new(),
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
