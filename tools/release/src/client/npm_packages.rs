//! npm's registry, by npm itself: the work tree's `dev/npm.sh`.

use std::path::PathBuf;

use super::{ClientError, PackageJob, PackageState, Packages};
use crate::error::Error;
use crate::git::Repository;

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
    fn publish(&self, _job: &PackageJob<'_>) -> Result<Vec<PackageState>, Error> {
        let source = std::io::Error::other("this build of the tool does not know npm");
        Err(ClientError::Start { program: self.program.clone(), source }.into())
    }
}
