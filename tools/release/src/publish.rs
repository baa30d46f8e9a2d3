//! From tags to published images and releases on GitHub.
//!
//! Owns the order: check all, then commit by commit: check it out, build with stamps, contract, push behind the registry's guard,
//! read back, release on GitHub. Every step finds out by itself whether it is done, from origin, the registry and GitHub, and not
//! from notes of an earlier run: so a second run finishes what is missing and changes nothing else. A tag that fails does not
//! stop the others. `verify` builds a published image again and compares.

pub(crate) mod github_step;
mod image_step;
mod report;
pub mod verify;

use std::path::PathBuf;
use std::sync::Arc;

use registry::RetryPolicy;
use release_tag::Tag;
use terminal::Diagnostic as _;
use terminal::progress::Progress;

use crate::build::{self, Bazel, Cache, Sources, destination};
use crate::check::{Checked, Prereleases, check};
use crate::error::Error;
use crate::git::{ObjectId, Repository};
use crate::github::GitHub;
use crate::interruption::{self, wait};

pub use image_step::find_image;
pub use report::{ImageState, Published, ReleaseState, Step};

/// Which steps are wanted: a workflow gives each to a job with no more rights than it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// All.
    All,
    /// Up to the image in the registry.
    Image,
    /// Only the release on GitHub, of an image that is in the registry.
    GitHubRelease,
}

/// What is published and how.
#[derive(Debug, Clone)]
pub struct PublishRequest {
    /// The tags, each service once.
    pub tags: Vec<Tag>,
    /// Whether pre-releases may be off main.
    pub prereleases: Prereleases,
    /// What is done.
    pub steps: Steps,
    /// Where images go instead of the services' own repositories: `HOST[/PREFIX]`.
    pub registry: Option<String>,
    /// Only look: nothing is written anywhere.
    pub dry_run: bool,
}

/// What publishing works with.
#[derive(Clone, Copy)]
pub struct PublishContext<'a> {
    /// The clone.
    pub repository: &'a Repository,
    /// Nothing where no release on GitHub is wanted.
    pub github: Option<&'a GitHub>,
    /// Which failures of the registry are tried again.
    pub retry: RetryPolicy,
    /// Who is told what happens.
    pub progress: &'a dyn Progress,
}

/// One tag on its way.
struct Candidate {
    checked: Checked,
    /// The image's layout.
    built: Option<PathBuf>,
    image: Step<ImageState>,
    release: Step<ReleaseState>,
}

/// Publishes tags of services.
///
/// # Errors
/// When one of the tags must not be released or that cannot be told, then nothing is built; and when the program was interrupted. What
/// else fails is in the results, which are in the order of the tags.
pub fn publish(context: PublishContext<'_>, request: &PublishRequest) -> Result<Vec<Published>, Error> {
    let checked = checked(context, request)?;
    if let Some(github) = context.github {
        // A token that does not work is found now and not when everything is built.
        wait(github.see())??;
        // What a release's notes begin with.
        context.repository.fetch(checked.iter().map(|one| one.tag.service().as_str()))?;
    }
    let mut candidates: Vec<Candidate> = checked.into_iter().map(Candidate::new).collect();
    let mut sources = match request.steps {
        Steps::GitHubRelease => Sources::to_ask(context.repository, context.progress),
        Steps::All | Steps::Image => Sources::to_build(context.repository, Cache::Use, context.progress)?,
    };
    // To the end of each: the next one is built where this one was.
    for commit in commits(&candidates) {
        interruption::check()?;
        let mut here: Vec<&mut Candidate> = candidates.iter_mut().filter(|one| one.checked.commit == commit).collect();
        match images(context, request, &mut sources, &commit, &mut here) {
            Ok(bazel) => releases(context, request, here, &bazel),
            Err(error) => {
                let error = Arc::new(error);
                for one in here {
                    one.image = Step::Failed(Error::Together(error.clone()));
                }
            }
        }
    }
    interruption::check()?;
    Ok(candidates.into_iter().map(Candidate::into_published).collect())
}

fn checked(context: PublishContext<'_>, request: &PublishRequest) -> Result<Vec<Checked>, Error> {
    let (mut all, mut errors) = (Vec::new(), Vec::new());
    for tag in &request.tags {
        match check(context.repository, tag, request.prereleases) {
            Ok(checked) => {
                context.progress.note(&format!("{tag}: may be released, commit {}", checked.commit.short()));
                all.push(checked);
            }
            Err(error) if error.is_refusal() => errors.push(error),
            // Whatever kept this one from being told would keep the others too.
            Err(error) => return Err(error),
        }
    }
    Error::all(errors, Error::SeveralRefused).map(|()| all)
}

/// The commits of all tags, each once, in the order of the tags.
fn commits(candidates: &[Candidate]) -> Vec<ObjectId> {
    let mut commits: Vec<ObjectId> = Vec::new();
    for one in candidates {
        if !commits.contains(&one.checked.commit) {
            commits.push(one.checked.commit.clone());
        }
    }
    commits
}

/// Makes sure that the images of one commit's tags are in the registry, or finds them there; the Bazel that knows the commit.
fn images(
    context: PublishContext<'_>,
    request: &PublishRequest,
    sources: &mut Sources<'_>,
    commit: &ObjectId,
    candidates: &mut [&mut Candidate],
) -> Result<Bazel, Error> {
    let bazel = sources.bazel(commit)?;
    let services: Vec<&str> = candidates.iter().map(|one| one.checked.tag.service().as_str()).collect();
    let places = destination::repositories(&bazel, &services, request.registry.as_deref())?;
    if request.steps == Steps::GitHubRelease {
        wait(image_step::find_all(context, &places, candidates))?;
        return Ok(bazel);
    }
    let tags: Vec<Tag> = candidates.iter().map(|one| one.checked.tag.clone()).collect();
    let names = tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    context.progress.note(&format!("building {names}"));
    let results = build::build(&bazel, &tags.iter().collect::<Vec<_>>(), Cache::Use)?;
    for (candidate, result) in candidates.iter_mut().zip(results) {
        match result {
            Ok(layout) => candidate.built = Some(layout),
            Err(error) => candidate.image = Step::Failed(error.into()),
        }
    }
    wait(image_step::push_all(context, request, &places, candidates))?;
    Ok(bazel)
}

/// Makes sure that every tag whose image is there has its release, where releases are wanted.
fn releases(context: PublishContext<'_>, request: &PublishRequest, candidates: Vec<&mut Candidate>, bazel: &Bazel) {
    let Some(github) = context.github else { return };
    for candidate in candidates {
        if let Step::Done(image) = &candidate.image {
            let released = github_step::run(context, github, request, &candidate.checked, image, bazel);
            candidate.release = Step::of(released);
        }
    }
}

impl Candidate {
    fn new(checked: Checked) -> Self {
        Self { checked, built: None, image: Step::NotReached, release: Step::NotReached }
    }

    fn into_published(self) -> Published {
        Published { tag: self.checked.tag, commit: self.checked.commit, image: self.image, release: self.release }
    }
}
