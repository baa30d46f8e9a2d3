//! npm's registry, by npm itself: the work tree's `dev/npm.sh`.
//!
//! What the packages are and in which order they go is `npm`'s; registry and login are npm's own matter.

use std::path::PathBuf;

use npm::{Binary, Npm, Options, Outcome, Platform, Source, State};

use super::{ClientError, PackageJob, PackageState, Packages};
use crate::error::Error;
use crate::git::Repository;
use crate::interruption::{self, process};

/// What `dev/npm.sh` runs.
#[derive(Debug)]
pub struct NpmPackages {
    program: PathBuf,
}

impl NpmPackages {
    /// That of this work tree.
    #[must_use]
    pub fn new(repository: &Repository) -> Self {
        Self { program: repository.root().join("dev/npm.sh") }
    }
}

impl Packages for NpmPackages {
    fn publish(&self, job: &PackageJob<'_>) -> Result<Vec<PackageState>, Error> {
        let folder = tempfile::tempdir().map_err(ClientError::at(&std::env::temp_dir()))?;
        let source = Source {
            version: job.version.clone(),
            repository: job.repository.clone(),
            license_file: job.license.clone(),
        };
        let binary = |binary: &&super::Artifact| {
            let platform = Platform::of_go(&binary.system, &binary.machine)?;
            Some(Binary { platform, path: binary.path.clone() })
        };
        let binaries: Vec<Binary> = job.binaries.iter().filter_map(binary).collect();
        let packages = npm::pack(&source, &binaries, folder.path())?;
        let npm = Npm::with_runner(self.program.clone(), |command| process::run(command, &[]));
        let provenance = npm::environment::has_identity();
        let options = Options { dry_run: job.dry_run, provenance, ..Options::default() };
        let go_on = || !interruption::has_begun();
        let outcomes = npm::publish(&npm, &packages, &options, job.progress, &go_on)?;
        Ok(outcomes.into_iter().map(state).collect())
    }
}

fn state(outcome: Outcome) -> PackageState {
    let word = match outcome.state {
        State::Published { .. } => "published",
        State::AlreadyThere => "unchanged",
        State::Missing { .. } => "would be published",
    };
    PackageState { id: outcome.id, word }
}
