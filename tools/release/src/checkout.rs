//! The checkout that releases are built in: the files of one commit, byte for byte, and a Bazel of its own in it.
//!
//! It lies among the user's caches, by one path for each clone, so that Bazel finds what it has built before; of two runs one
//! waits for the other. What is built is the commit and nothing else: no hook, filter, setting, attribute, sparse checkout,
//! index flag or untracked file of the clone reaches it, because git writes none of it. The files are those blobs that the
//! commit's tree names (`tree`, `files`), as they are: attributes that would convert them (`eol`, `ident`, `filter`, and with
//! that Git LFS) do nothing, also those of the commit's own `.gitattributes`, and a submodule is an empty folder. `own_git`
//! makes the repository by which the build's stamp sees them, `cache_options` the one thing that is taken over from the clone.
//! What a run leaves behind in any state is made right by the next.

mod cache_options;
mod files;
mod own_git;
mod tree;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use terminal::progress::Progress;

use crate::bazel::Bazel;
use crate::build::Cache;
use crate::environment;
use crate::git::{GitError, ObjectId};
use crate::printable;
use crate::repository::Repository;

/// How long Bazel's server waits for the next release, in seconds. After a failure that comes soon.
const IDLE: &str = "--max_idle_secs=300";

/// How long it takes until the folder is asked for again while another run has it.
const PAUSE: Duration = Duration::from_millis(100);

/// The file that says whose checkout a folder is.
const CLONE: &str = "clone";

/// There is no such checkout.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// There is no place for it.
    #[error("there is no folder for caches: neither `XDG_CACHE_HOME` nor `HOME` is set")]
    NoCache,
    /// The place cannot be used.
    #[error("cannot use `{path}`")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The commit has a file that no checkout can have.
    #[error("`{commit}` has a file by the name `{name}`, which cannot be checked out")]
    Name {
        /// The commit.
        commit: ObjectId,
        /// The name, printable.
        name: String,
    },
    /// The file system does not keep what is written.
    #[error("`{path}` is not what `{commit}` has there, although it was written just now")]
    Differs {
        /// The file.
        path: PathBuf,
        /// The commit.
        commit: ObjectId,
    },
    /// Git cannot tell.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl CheckoutError {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoCache | Self::Folder { .. } => Some("set XDG_CACHE_HOME to a folder that you can write"),
            Self::Differs { .. } => {
                Some("set XDG_CACHE_HOME to a folder on a file system that keeps names, modes and links as they are")
            }
            Self::Name { .. } | Self::Git(_) => None,
        }
    }
}

/// The folder of one clone. Nobody else uses it as long as this is there.
#[derive(Debug)]
pub struct Checkout<'a> {
    repository: &'a Repository,
    folder: PathBuf,
    cache: Cache,
    /// Given up with the rest.
    _lock: File,
}

impl<'a> Checkout<'a> {
    /// Takes the folder, which may mean to wait for another run.
    ///
    /// # Errors
    /// When there is no place for it.
    pub async fn open(
        repository: &'a Repository,
        cache: Cache,
        progress: &dyn Progress,
    ) -> Result<Self, CheckoutError> {
        let all = environment::cache().ok_or(CheckoutError::NoCache)?.join("unkey/releases");
        Self::open_in(&all, repository, cache, progress).await
    }

    async fn open_in(
        all: &Path,
        repository: &'a Repository,
        cache: Cache,
        progress: &dyn Progress,
    ) -> Result<Self, CheckoutError> {
        let clone = repository.root();
        let path = clone.as_os_str().as_bytes().to_vec();
        let name = repository.git().read_with_input(&["hash-object", "--no-filters", "--stdin"], path)?;
        let folder = all.join(String::from_utf8_lossy(&name[..name.len().min(12)]).as_ref());
        fs::create_dir_all(&folder).map_err(failure(&folder))?;
        // By one path, through whatever links the cache is reached: Bazel knows by it what it has built.
        let folder = fs::canonicalize(&folder).map_err(failure(&folder))?;
        let lock = lock(&folder, progress).await?;
        fs::write(folder.join(CLONE), clone.as_os_str().as_bytes()).map_err(failure(&folder))?;
        forget_gone(all);
        let checkout = Self { repository, folder, cache, _lock: lock };
        checkout.forget_unfinished()?;
        Ok(checkout)
    }

    /// Makes its files those of this commit. Those that are so already are not touched, so that Bazel need not read them again.
    ///
    /// # Errors
    /// When one of them cannot be made, or is not what it should be in the end.
    pub fn take(&self, commit: &ObjectId) -> Result<(), CheckoutError> {
        let sources = self.sources();
        // What is extra in it is removed: it must not be a link to something of the user's.
        if fs::symlink_metadata(&sources).is_ok_and(|found| !found.is_dir()) {
            remove(&sources).map_err(failure(&sources))?;
        }
        fs::create_dir_all(&sources).map_err(failure(&sources))?;
        let own = own_git::make(&sources, self.repository.git(), commit)?;
        let tree = tree::read(self.repository.git(), commit)?;
        files::make(&sources, &tree, self.repository.git(), &own, commit)?;
        own_git::point_at(&own, commit)?;
        Ok(())
    }

    /// Bazel in it: with what it has built here before, or with nothing.
    ///
    /// # Errors
    /// When the way to its caches cannot be told to it.
    pub fn bazel(&self) -> Result<Bazel, CheckoutError> {
        let mut options = vec![option("--output_base=", &self.outputs()), OsString::from(IDLE)];
        let file = self.options();
        if cache_options::write(self.repository.root(), &self.sources(), &file).map_err(failure(&file))? {
            options.push(option("--bazelrc=", &file));
        }
        Ok(Bazel::with_startup_options(self.sources(), options))
    }

    fn options(&self) -> PathBuf {
        self.folder.join("bazelrc")
    }

    fn sources(&self) -> PathBuf {
        self.folder.join("sources")
    }

    fn outputs(&self) -> PathBuf {
        self.folder.join(match self.cache {
            Cache::Use => "output",
            Cache::Ignore => "fresh-output",
        })
    }

    /// What is built from the sources alone begins with nothing, and is of no use later.
    fn forget_unfinished(&self) -> Result<(), CheckoutError> {
        let outputs = self.outputs();
        if self.cache == Cache::Use || !outputs.exists() {
            return Ok(());
        }
        if let Ok(bazel) = self.bazel() {
            let _ = bazel.output(&["shutdown"]);
        }
        remove(&outputs).map_err(failure(&outputs))
    }
}

impl Drop for Checkout<'_> {
    fn drop(&mut self) {
        // What cannot be removed is removed by the next run: no reason to fail.
        let _ = self.forget_unfinished();
        // There may be a token in it.
        let _ = remove(&self.options());
    }
}

/// Waits until the folder is nobody else's.
async fn lock(folder: &Path, progress: &dyn Progress) -> Result<File, CheckoutError> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(failure(&path))?;
    let mut is_told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failure(&path)(error)),
            Err(TryLockError::WouldBlock) => {}
        }
        if !is_told {
            progress.note("another run builds a release of this clone: waiting for it");
            is_told = true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Removes the checkouts of clones that are gone, which nobody would come back to. Each is gigabytes.
fn forget_gone(all: &Path) {
    for folder in fs::read_dir(all).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let Ok(clone) = fs::read(folder.join(CLONE)) else { continue };
        let is_gone = !Path::new(OsStr::from_bytes(&clone)).exists();
        let lock = File::open(folder.join("lock"));
        if is_gone && lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = remove(&folder);
        }
    }
}

/// Removes whatever is there, if anything is; links and not what they lead to.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            make_writable(path);
            fs::remove_dir_all(path)
        }
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Bazel makes what it has built read-only, folders too.
fn make_writable(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(&entry.path());
        }
    }
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}

fn failure(path: &Path) -> impl Fn(io::Error) -> CheckoutError {
    let path = path.to_owned();
    move |source| CheckoutError::Folder { path: path.clone(), source }
}

fn unusable(commit: &ObjectId, name: &[u8]) -> CheckoutError {
    CheckoutError::Name { commit: commit.clone(), name: printable::name(OsStr::from_bytes(name)) }
}

#[cfg(test)]
mod tests {
    use terminal::progress::Silent;

    use super::*;

    /// Something that Bazel has built, as it leaves it.
    fn build_something(outputs: &Path) {
        fs::create_dir_all(outputs.join("deep")).unwrap();
        fs::write(outputs.join("deep/file"), "").unwrap();
        fs::set_permissions(outputs.join("deep"), fs::Permissions::from_mode(0o555)).unwrap();
    }

    #[tokio::test]
    async fn what_is_built_from_the_sources_alone_is_built_where_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        crate::git::Git::new(folder.path()).read(&["init", "--quiet"]).unwrap();
        let repository = Repository::open(folder.path()).unwrap();
        let all = folder.path().join("releases");
        let open = |cache| Checkout::open_in(&all, &repository, cache, &Silent);

        let kept = open(Cache::Use).await.unwrap().outputs();
        build_something(&kept);
        let checkout = open(Cache::Ignore).await.unwrap();
        let fresh = checkout.outputs();
        assert_ne!(fresh, kept);
        build_something(&fresh);
        drop(checkout);
        assert!(!fresh.exists(), "it is of no use later");
        // A run that was killed leaves it.
        build_something(&fresh);
        let checkout = open(Cache::Ignore).await.unwrap();
        assert!(!fresh.exists(), "the next one begins with nothing");
        drop(checkout);
        let _checkout = open(Cache::Use).await.unwrap();
        assert!(kept.join("deep/file").exists(), "what a publish has built is there for the next");
    }
}
