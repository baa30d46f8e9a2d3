//! The release of a tag on GitHub: a draft until everything is there, then published.

use std::panic;

use super::{ImageState, Outcome, PublishError, PublishRequest, ReleaseState, World};
use crate::bazel::Bazel;
use crate::check::{Checked, check};
use crate::closure::BazelClosures;
use crate::github::{GitHub, GitHubError, Release, ReleaseText};
use crate::notes::{self, Notes};
use crate::printable;
use crate::repository::Repository;
use crate::tag::Tag;

/// Makes sure that the tag has its release.
pub(super) async fn run(
    world: World<'_>,
    github: &GitHub,
    request: &PublishRequest,
    checked: &Checked,
    image: &ImageState,
    bazel: &Bazel,
) -> Outcome<ReleaseState> {
    match release(world, github, request, checked, image, bazel).await {
        Ok(state) => Outcome::Done(state),
        Err(error) => Outcome::Failed(error),
    }
}

async fn release(
    world: World<'_>,
    github: &GitHub,
    request: &PublishRequest,
    checked: &Checked,
    image: &ImageState,
    bazel: &Bazel,
) -> Result<ReleaseState, PublishError> {
    let tag = &checked.tag;
    if let Some(published) = github.published(tag).await? {
        return Ok(ReleaseState { url: Some(published.html_url), word: "unchanged" });
    }
    if request.dry_run {
        return Ok(ReleaseState { url: None, word: "would be published" });
    }
    world.progress.note(&format!("{tag}: writing the notes"));
    let notes = notes(world.repository, tag, bazel, image).await?;
    let text = ReleaseText { notes: notes::markdown(&notes), prerelease: checked.prerelease };
    let drafts = github.drafts(tag, &text).await?;
    for other in &drafts.others {
        // Somebody may still need it.
        world.progress.note(&format!("{tag}: another draft of it is left alone, {}", printable::line(&other.html_url)));
    }
    let draft = match drafts.own {
        Some(draft) => draft,
        None => create(github, checked, &text).await?,
    };
    if !draft.draft {
        return Ok(ReleaseState { url: Some(draft.html_url), word: "unchanged" });
    }
    // For a tag that is gone by now GitHub would make one, of whatever main has.
    check(world.repository, tag, request.prereleases)?;
    match github.publish_draft(&draft, &text).await {
        Ok(published) => Ok(ReleaseState { url: Some(published.html_url), word: "published" }),
        // A tag has one published release: somebody else was faster.
        Err(error @ GitHubError::Invalid { .. }) => {
            let published = github.published(tag).await?.ok_or(error)?;
            Ok(ReleaseState { url: Some(published.html_url), word: "unchanged" })
        }
        Err(error) => Err(error.into()),
    }
}

/// Beside everything else: Bazel takes its time, and who interrupts it must be heard.
async fn notes(repository: &Repository, tag: &Tag, bazel: &Bazel, image: &ImageState) -> Result<Notes, PublishError> {
    let (repository, tag, report) = (repository.clone(), tag.clone(), image.report.clone());
    let closures = BazelClosures::new(bazel.clone());
    let made = tokio::task::spawn_blocking(move || notes::make(&repository, &tag, &closures, Some(report))).await;
    Ok(made.unwrap_or_else(|error| panic::resume_unwind(error.into_panic()))?)
}

/// Makes the draft. A refusal may mean that somebody else was faster: then theirs is taken.
async fn create(github: &GitHub, checked: &Checked, text: &ReleaseText) -> Result<Release, PublishError> {
    match github.create_draft(&checked.tag, text).await {
        Err(error @ GitHubError::Invalid { .. }) => Ok(github.published(&checked.tag).await?.ok_or(error)?),
        result => Ok(result?),
    }
}
