//! The sources of a release: what the commit of its tag says, whatever is checked out.
//!
//! Owns which services a commit has, and in which folder Bazel is asked about it.

use services::Services;
use terminal::progress::Progress;

use super::{Bazel, Cache, Checkout};
use crate::error::Error;
use crate::git::{GitError, ObjectId, Repository};

/// The services of a commit, and the command line client.
///
/// # Errors
/// When git fails, or a service has a name that none can have.
pub fn services(repository: &Repository, commit: &ObjectId) -> Result<Services, Error> {
    let files = repository.files(commit, "build")?;
    let folder =
        |path: &str| Some(path.strip_suffix("/BUILD.bazel")?.to_owned()).filter(|folder| !folder.contains('/'));
    let files = files.into_iter().filter_map(|(path, object)| Some((folder(&path)?, object)));
    let (folders, objects): (Vec<String>, Vec<ObjectId>) = files.unzip();
    let files: Vec<(String, String)> = folders.into_iter().zip(repository.contents(&objects)?).collect();
    Ok(Services::of_build_files(&files)?.with_cli())
}

/// Where Bazel is asked about commits: one after the other.
pub struct Sources<'a> {
    repository: &'a Repository,
    cache: Cache,
    progress: &'a dyn Progress,
    /// The commit for which the work tree will do.
    checked_out: Option<ObjectId>,
    checkout: Option<Checkout<'a>>,
}

impl<'a> Sources<'a> {
    /// To ask: of the commit that is checked out the work tree knows enough.
    #[must_use]
    pub fn to_ask(repository: &'a Repository, progress: &'a dyn Progress) -> Self {
        Self { repository, cache: Cache::Use, progress, checked_out: repository.head().ok(), checkout: None }
    }

    /// To build: always in a checkout that has nothing but the commit.
    ///
    /// # Errors
    /// When there is no place for it.
    pub fn to_build(repository: &'a Repository, cache: Cache, progress: &'a dyn Progress) -> Result<Self, GitError> {
        let checkout = Some(Checkout::open(repository, cache, progress)?);
        Ok(Self { repository, cache, progress, checked_out: None, checkout })
    }

    /// Bazel where the files of this commit are. It takes the place of the one for the commit before.
    ///
    /// # Errors
    /// When the commit cannot be checked out.
    pub fn bazel(&mut self, commit: &ObjectId) -> Result<Bazel, GitError> {
        if self.checked_out.as_ref() == Some(commit) {
            return Ok(Bazel::new(self.repository.root()));
        }
        self.progress.note(&format!("checking {} out beside the work tree", commit.short()));
        let checkout = self.checkout()?;
        checkout.take(commit)?;
        checkout.bazel()
    }

    /// The place for checkouts, which nobody else uses as long as this is there.
    ///
    /// # Errors
    /// When there is none.
    pub fn checkout(&mut self) -> Result<&Checkout<'a>, GitError> {
        let checkout = match self.checkout.take() {
            Some(checkout) => checkout,
            None => Checkout::open(self.repository, self.cache, self.progress)?,
        };
        Ok(self.checkout.insert(checkout))
    }
}
