//! The client's packages in npm's registry: of the binaries that were built, and never over other ones.

use std::path::PathBuf;

use release_tag::Version;
use terminal::progress::Progress;

use super::{Artifact, ClientContext, ClientRequest, Dist, PackageState, binaries};
use crate::check::{Checked, check};
use crate::error::Error;
use crate::github::{GitHubError, Slug};

/// What packages are made of, and how they are published.
pub struct PackageJob<'a> {
    /// The release's.
    pub version: &'a Version,
    /// One binary for each platform.
    pub binaries: &'a [&'a Artifact],
    /// Where the sources are, for people and for npm's proofs of origin.
    pub repository: String,
    /// The licence's text.
    pub license: PathBuf,
    /// Only look.
    pub dry_run: bool,
    /// Who is told what happens.
    pub progress: &'a dyn Progress,
}

/// Brings packages into npm's registry.
pub trait Packages {
    /// Publishes what is missing: those of the platforms, then the one that people install.
    ///
    /// # Errors
    /// When the registry has a version with other bytes, or cannot be reached.
    fn publish(&self, job: &PackageJob<'_>) -> Result<Vec<PackageState>, Error>;
}

/// Makes sure that all packages are there.
pub(super) fn run(
    context: ClientContext<'_>,
    request: &ClientRequest,
    checked: &Checked,
    dist: &Dist,
) -> Result<Vec<PackageState>, Error> {
    // Building takes long, and npm forgets nothing: a tag that was taken back meanwhile is none any more.
    check(context.repository, &request.tag, request.prereleases)?;
    let repository = Slug::find(context.repository)?.ok_or(GitHubError::NoRepository)?.url();
    let found = dist.binaries();
    context.packages.publish(&PackageJob {
        version: checked.tag.version(),
        binaries: &binaries::check(&found)?,
        repository,
        license: dist.license(),
        dry_run: request.dry_run,
        progress: context.progress,
    })
}
