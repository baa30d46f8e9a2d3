//! The client's release: archives and packages of every platform, npm's packages, and a release on GitHub that has them.
//!
//! Owns the order: check, build and check all of it, npm, GitHub. Nothing is published before everything is built and is what it should
//! be, and the release on GitHub is a draft until all the rest is there. Every step asks the world whether it is done, and not notes of
//! an earlier run: so a second run finishes what is missing and changes nothing else. Archives are of one build: what is there for this
//! tag and commit is taken and not built again, because not every compiler makes the same bytes twice.

mod binaries;
mod build;
mod dist;
mod error;
mod goreleaser;
mod npm_packages;
mod npm_step;
mod release_step;
mod report;

use std::path::{Path, PathBuf};

use release_tag::Tag;
use services::CLI;
use terminal::progress::Progress;

use crate::build::Sources;
use crate::check::{Checked, Prereleases, check};
use crate::error::Error;
use crate::git::Repository;
use crate::github::GitHub;
use crate::interruption::{self, wait};
use crate::publish::Step;

pub use dist::{Artifact, Dist};
pub use error::ClientError;
pub use npm_packages::NpmPackages;
pub use npm_step::{PackageJob, Packages};
pub use report::{ClientReport, DistState, PackageState};

/// What this tool makes npm's packages by, launcher included: that of what is checked out.
const PACKER: &str = "tools/npm";

/// Which steps are wanted: a workflow gives each to a job with no more rights than it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientSteps {
    /// All.
    All,
    /// Everything that is published later, in a folder.
    Archives,
    /// The packages in npm's registry, of archives that are there.
    Npm,
    /// The release on GitHub, of archives that are there.
    GitHubRelease,
}

impl ClientSteps {
    /// Whether npm's registry is written to.
    #[must_use]
    pub fn has_npm(self) -> bool {
        matches!(self, Self::All | Self::Npm)
    }

    /// Whether GitHub is.
    #[must_use]
    pub fn has_github(self) -> bool {
        matches!(self, Self::All | Self::GitHubRelease)
    }

    fn builds(self) -> bool {
        matches!(self, Self::All | Self::Archives)
    }
}

/// What is published and how.
#[derive(Debug, Clone)]
pub struct ClientRequest {
    /// The tag.
    pub tag: Tag,
    /// Whether pre-releases may be off main.
    pub prereleases: Prereleases,
    /// What is done.
    pub steps: ClientSteps,
    /// Where the archives are, or are put; else they are among the user's caches.
    pub dist: Option<PathBuf>,
    /// Only look: nothing is published, and no folder is made but among the caches.
    pub dry_run: bool,
}

/// What publishing works with.
#[derive(Clone, Copy)]
pub struct ClientContext<'a> {
    /// The clone.
    pub repository: &'a Repository,
    /// Nothing where no release on GitHub is wanted.
    pub github: Option<&'a GitHub>,
    /// How packages get into npm's registry.
    pub packages: &'a dyn Packages,
    /// Who is told what happens.
    pub progress: &'a dyn Progress,
}

/// Publishes a tag of the client.
///
/// # Errors
/// When the tag must not be released or that cannot be told, then nothing is built; and when the program was interrupted. What else fails
/// is in the report.
pub fn publish(context: ClientContext<'_>, request: &ClientRequest) -> Result<ClientReport, Error> {
    let checked = check(context.repository, &request.tag, request.prereleases)?;
    context.progress.note(&format!("{}: may be released, commit {}", checked.tag, checked.commit.short()));
    if request.steps.has_npm() && !context.repository.has_files_of(&checked.commit, PACKER)? {
        return Err(ClientError::OtherPacker { tag: checked.tag, folder: PACKER }.into());
    }
    if let Some(github) = context.github {
        // A token that does not work is found now and not when everything is built.
        wait(github.see())??;
    }
    // What changes are counted from.
    context.repository.fetch([CLI])?;
    let mut report = ClientReport::of(&checked);
    steps(context, request, &checked, &mut report);
    interruption::check()?;
    Ok(report)
}

/// Does one step after the other, as long as they succeed.
fn steps(context: ClientContext<'_>, request: &ClientRequest, checked: &Checked, report: &mut ClientReport) {
    let mut sources = Sources::to_ask(context.repository, context.progress);
    let dist = match provide(context, request, checked, &mut sources) {
        Ok((dist, word)) => {
            report.dist = Step::Done(DistState { folder: dist.folder().to_owned(), word });
            dist
        }
        Err(error) => {
            report.dist = Step::Failed(error);
            return;
        }
    };
    if request.steps.has_npm() {
        report.packages = Step::of(npm_step::run(context, request, checked, &dist));
        if !matches!(report.packages, Step::Done(_)) {
            return;
        }
    }
    if let Some(github) = context.github {
        report.release = Step::of(release_step::run(context, github, request, checked, &dist, &mut sources));
    }
}

/// The folder with everything that is published, checked, and what was done for it.
fn provide(
    context: ClientContext<'_>,
    request: &ClientRequest,
    checked: &Checked,
    sources: &mut Sources<'_>,
) -> Result<(Dist, &'static str), Error> {
    let found = match &request.dist {
        Some(folder) => match Dist::open(folder, checked)? {
            None if request.steps.builds() => {
                // A run that this one waits for here may make it: nothing that is published from is built again.
                sources.checkout()?;
                Dist::open(folder, checked)?
            }
            found => found,
        },
        None => cached(request, checked, &sources.checkout()?.folder().join("dist"))?,
    };
    if let Some(dist) = found {
        binaries::check(&dist.binaries())?;
        binaries::check_archives(&dist.archives())?;
        return Ok((dist, "found"));
    }
    let place = match &request.dist {
        Some(folder) if !request.dry_run || !request.steps.builds() => folder.clone(),
        _ => sources.checkout()?.folder().join("dist"),
    };
    if !request.steps.builds() {
        let is_named = request.dist.is_some();
        return Err(ClientError::NotBuilt { folder: place, is_named, tag: checked.tag.clone() }.into());
    }
    Ok((build::make(context, sources.checkout()?, checked, &place)?, "built"))
}

/// What is among the caches: that of another release, or of a run that was killed, is no reason to refuse.
fn cached(request: &ClientRequest, checked: &Checked, folder: &Path) -> Result<Option<Dist>, Error> {
    match Dist::open(folder, checked) {
        Err(ClientError::Foreign { .. }) if request.steps.builds() => Ok(None),
        Err(ClientError::Foreign { folder, tag, .. }) => {
            Err(ClientError::NotBuilt { folder, is_named: false, tag }.into())
        }
        found => Ok(found?),
    }
}
