//! From tags to published images and releases on GitHub.
//!
//! Owns the order: check, build with stamps, contract, push behind the registry's guard, read back, release on GitHub. Every step
//! finds out by itself whether it is done, from origin, the registry and GitHub, and not from notes of an earlier run: so a
//! second run finishes what is missing and changes nothing else. A tag that fails does not stop the others.

mod error;
mod github_step;
mod image_step;
mod report;

use std::collections::BTreeMap;

use image::registry::RetryPolicy;
use image::spec::Service;
use terminal::progress::Progress;

use crate::bazel::Bazel;
use crate::build::{self, BuildError, Cache};
use crate::check::{Checked, Prereleases, check};
use crate::git::ObjectId;
use crate::github::GitHub;
use crate::repository::Repository;
use crate::tag::Tag;
use crate::worktree::Worktree;

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
    place: usize,
    built: Option<Service>,
    image: Outcome<ImageState>,
    release: Outcome<ReleaseState>,
}

/// Where a commit is built.
enum Place {
    /// In the work tree: the commit is checked out.
    Here(Bazel),
    Beside(Worktree),
}

impl Place {
    fn bazel(&self) -> &Bazel {
        match self {
            Self::Here(bazel) => bazel,
            Self::Beside(worktree) => worktree.bazel(),
        }
    }
}

/// Publishes tags of known services.
///
/// # Errors
/// When one of the tags must not be released or that cannot be told: then nothing is built. What fails after that is in the
/// outcomes, which are in the order of the tags.
pub async fn publish(world: World<'_>, request: &PublishRequest) -> Result<Vec<Published>, PublishError> {
    if request.steps != Steps::GitHubRelease && world.repository.is_dirty()? {
        return Err(PublishError::Dirty);
    }
    let checked = checked(world, request)?;
    if let Some(github) = world.github {
        // A token that does not work is found now and not when everything is built.
        github.see().await?;
    }
    let places = places(world, request, &checked)?;
    let mut candidates = candidates(world, checked, &places)?;
    match request.steps {
        Steps::GitHubRelease => image_step::find_all(world, request, &mut candidates).await,
        Steps::All | Steps::Image => {
            build_all(world, &places, &mut candidates);
            image_step::push_all(world, request, &mut candidates).await;
        }
    }
    for candidate in &mut candidates {
        if let (Some(github), Outcome::Done(image)) = (world.github, &candidate.image) {
            let bazel = places[candidate.place].bazel();
            candidate.release = github_step::run(world, github, request, &candidate.checked, image, bazel).await;
        }
    }
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

/// One place a commit, in the order of the commits.
fn places(world: World<'_>, request: &PublishRequest, checked: &[Checked]) -> Result<Vec<Place>, PublishError> {
    let head = world.repository.objects(&["HEAD^{commit}".to_owned()])?.into_iter().next().flatten();
    let mut places = Vec::new();
    for commit in commits(checked) {
        // Notes need only Bazel's view of the sources: those at hand do, and `notes` says where they are others.
        let is_here = head.as_ref() == Some(commit) || request.steps == Steps::GitHubRelease;
        places.push(if is_here {
            Place::Here(Bazel::new(world.repository.root()))
        } else {
            world.progress.note(&format!("checking {} out beside the work tree", commit.short()));
            Place::Beside(Worktree::add(world.repository.git(), commit)?)
        });
    }
    Ok(places)
}

/// The commits of all tags, each once, in the order of the tags.
fn commits(checked: &[Checked]) -> Vec<&ObjectId> {
    let mut commits = Vec::new();
    for one in checked {
        if !commits.contains(&&one.commit) {
            commits.push(&one.commit);
        }
    }
    commits
}

fn candidates(world: World<'_>, checked: Vec<Checked>, places: &[Place]) -> Result<Vec<Candidate>, PublishError> {
    // What a release's notes begin with.
    let patterns: Vec<String> = checked.iter().map(|one| format!("{}/*", one.service)).collect();
    if world.github.is_some() {
        world.repository.fetch(&patterns)?;
    }
    let places_of: BTreeMap<ObjectId, usize> = commits(&checked).into_iter().cloned().zip(0..places.len()).collect();
    let candidate = |checked: Checked| Candidate {
        place: places_of[&checked.commit],
        checked,
        built: None,
        image: Outcome::NotReached,
        release: Outcome::NotReached,
    };
    Ok(checked.into_iter().map(candidate).collect())
}

/// Builds and tests what is to be published: the tags of one commit in one invocation.
fn build_all(world: World<'_>, places: &[Place], candidates: &mut [Candidate]) {
    for (index, place) in places.iter().enumerate() {
        let mut here: Vec<&mut Candidate> = candidates.iter_mut().filter(|one| one.place == index).collect();
        let tags: Vec<Tag> = here.iter().map(|one| one.checked.tag.clone()).collect();
        let names = tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        world.progress.note(&format!("building {names}"));
        match build::build(place.bazel(), &tags.iter().collect::<Vec<_>>(), Cache::Use) {
            Ok(results) => here.iter_mut().zip(results).for_each(|(candidate, result)| candidate.set_built(result)),
            Err(error) => {
                let error = std::sync::Arc::new(error);
                for one in here {
                    one.image = Outcome::Failed(PublishError::Together(error.clone()));
                }
            }
        }
    }
}

impl Candidate {
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
