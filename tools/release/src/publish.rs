//! From tags to published images and releases on GitHub.
//!
//! Owns the order: check all, then commit by commit: check it out, build with stamps, contract, push behind the registry's guard,
//! read back, release on GitHub. Every step finds out by itself whether it is done, from origin, the registry and GitHub, and not
//! from notes of an earlier run: so a second run finishes what is missing and changes nothing else. A tag that fails does not
//! stop the others.

mod error;
mod github_step;
mod image_step;
mod report;

use std::sync::Arc;

use registry::RetryPolicy;
use registry::spec::Service;
use terminal::progress::Progress;

use crate::build::{self, Bazel, BuildError, Cache, Checkout};
use crate::check::{Checked, Prereleases, check};
use crate::git::{ObjectId, Repository};
use crate::github::GitHub;
use crate::interruption::{self, Interrupted, wait};
use crate::tag::Tag;

pub use error::PublishError;
pub use image_step::{find_image, repository};
pub use report::{ImageState, Outcome, Published, ReleaseState};

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

/// Who takes part.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The clone.
    pub repository: &'a Repository,
    /// Nothing where no release on GitHub is wanted.
    pub github: Option<&'a GitHub>,
    /// What the registry's hiccups are answered with.
    pub retry: RetryPolicy,
    /// Who is told what happens.
    pub progress: &'a dyn Progress,
}

/// One tag on its way.
struct Candidate {
    checked: Checked,
    built: Option<Service>,
    image: Outcome<ImageState>,
    release: Outcome<ReleaseState>,
}

/// Publishes tags of known services.
///
/// # Errors
/// When one of the tags must not be released or that cannot be told, then nothing is built; and when the program was interrupted. What
/// else fails is in the outcomes, which are in the order of the tags.
pub fn publish(world: World<'_>, request: &PublishRequest) -> Result<Vec<Published>, PublishError> {
    let checked = checked(world, request)?;
    if let Some(github) = world.github {
        // A token that does not work is found now and not when everything is built.
        wait(github.see())??;
        // What a release's notes begin with.
        world.repository.fetch(checked.iter().map(|one| one.service.as_str()))?;
    }
    let mut candidates: Vec<Candidate> = checked.into_iter().map(Candidate::new).collect();
    if request.steps == Steps::GitHubRelease {
        wait(image_step::find_all(world, request, &mut candidates))?;
        // Notes need only Bazel's view of the sources: those at hand do, and `notes` says where they are others.
        release_all(world, request, candidates.iter_mut(), &Bazel::new(world.repository.root()));
    } else {
        let checkout = Checkout::open(world.repository, Cache::Use, world.progress)?;
        for commit in commits(&candidates) {
            let here = candidates.iter_mut().filter(|one| one.checked.commit == commit).collect();
            publish_commit(world, request, &checkout, &commit, here)?;
        }
    }
    interruption::check()?;
    Ok(candidates.into_iter().map(Candidate::into_published).collect())
}

fn checked(world: World<'_>, request: &PublishRequest) -> Result<Vec<Checked>, PublishError> {
    let (mut all, mut errors) = (Vec::new(), Vec::new());
    for tag in &request.tags {
        match check(world.repository, tag, request.prereleases) {
            Ok(checked) => {
                world.progress.note(&format!("{tag}: may be released, commit {}", checked.commit.short()));
                all.push(checked);
            }
            Err(error) if error.is_refusal() => errors.push(PublishError::from(error)),
            // Whatever kept this one from being told would keep the others too.
            Err(error) => return Err(error.into()),
        }
    }
    match errors.len() {
        0 => Ok(all),
        1 => Err(errors.remove(0)),
        _ => Err(PublishError::Several(errors)),
    }
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

/// Publishes the tags of one commit to the end: the next one is built where this one was.
fn publish_commit(
    world: World<'_>,
    request: &PublishRequest,
    checkout: &Checkout<'_>,
    commit: &ObjectId,
    mut candidates: Vec<&mut Candidate>,
) -> Result<(), Interrupted> {
    interruption::check()?;
    world.progress.note(&format!("checking {} out beside the work tree", commit.short()));
    let built = match checkout.take(commit).and_then(|()| checkout.bazel()) {
        Ok(bazel) => build_all(world, &bazel, &mut candidates).map(|()| bazel),
        Err(error) => Err(error.into()),
    };
    match built {
        Ok(bazel) => {
            image_step::push_all(world, request, candidates.iter_mut().map(|one| &mut **one))?;
            release_all(world, request, candidates.into_iter(), &bazel);
        }
        Err(error) => {
            let error = Arc::new(error);
            for one in candidates {
                one.image = Outcome::Failed(PublishError::Together(error.clone()));
            }
        }
    }
    Ok(())
}

/// Builds and tests what is to be published: the tags of one commit in one invocation.
fn build_all(world: World<'_>, bazel: &Bazel, candidates: &mut [&mut Candidate]) -> Result<(), PublishError> {
    let tags: Vec<Tag> = candidates.iter().map(|one| one.checked.tag.clone()).collect();
    let names = tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    world.progress.note(&format!("building {names}"));
    let results = build::build(bazel, &tags.iter().collect::<Vec<_>>(), Cache::Use)?;
    candidates.iter_mut().zip(results).for_each(|(candidate, result)| candidate.set_built(result));
    Ok(())
}

/// Makes sure that every tag whose image is there has its release, where releases are wanted.
fn release_all<'a>(
    world: World<'_>,
    request: &PublishRequest,
    candidates: impl Iterator<Item = &'a mut Candidate>,
    bazel: &Bazel,
) {
    let Some(github) = world.github else { return };
    for candidate in candidates {
        if let Outcome::Done(image) = &candidate.image {
            candidate.release = github_step::run(world, github, request, &candidate.checked, image, bazel);
        }
    }
}

impl Candidate {
    fn new(checked: Checked) -> Self {
        Self { checked, built: None, image: Outcome::NotReached, release: Outcome::NotReached }
    }

    fn set_built(&mut self, result: Result<Service, BuildError>) {
        match result {
            Ok(service) => self.built = Some(service),
            Err(error) => self.image = Outcome::Failed(error.into()),
        }
    }

    fn into_published(self) -> Published {
        Published { tag: self.checked.tag, commit: self.checked.commit, image: self.image, release: self.release }
    }
}
