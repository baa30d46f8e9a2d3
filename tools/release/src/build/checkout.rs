//! The checkout that releases are built in: the files of one commit, and a Bazel of its own in it.
//!
//! It lies among the user's caches, by one path for each clone, so that Bazel finds what it has built before; of two runs one
//! waits for the other. What is built is the commit and nothing else: no untracked file, hook or setting of the clone reaches it,
//! as `git` says; `cache_options` makes the one thing that is taken over. What a run leaves behind in any state is made right by the
//! next.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use terminal::progress::Progress;

use super::{Bazel, Cache, cache_options};
use crate::environment;
use crate::git::{GitError, ObjectId, Repository};
use crate::interruption;

/// How long Bazel's server waits for the next release, in seconds. After a failure that comes soon.
const IDLE: &str = "--max_idle_secs=300";

/// How long it takes until the folder is asked for again while another run has it.
const PAUSE: Duration = Duration::from_millis(100);

/// The file that says whose checkout a folder is.
const CLONE: &str = "clone";

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
    pub fn open(repository: &'a Repository, cache: Cache, progress: &dyn Progress) -> Result<Self, GitError> {
        let releases = Path::new("unkey/releases");
        let none = || io::Error::new(io::ErrorKind::NotFound, "neither `XDG_CACHE_HOME` nor `HOME` is set");
        let caches = environment::cache().ok_or_else(|| GitError::at(releases)(none()))?;
        Self::open_in(&caches.join(releases), repository, cache, progress)
    }

    fn open_in(
        all: &Path,
        repository: &'a Repository,
        cache: Cache,
        progress: &dyn Progress,
    ) -> Result<Self, GitError> {
        let clone = repository.root();
        let name = repository.hash(clone.as_os_str().as_bytes())?;
        let folder = all.join(&name.as_str()[..12]);
        fs::create_dir_all(&folder).map_err(GitError::at(&folder))?;
        // By one path, through whatever links the cache is reached: Bazel knows by it what it has built.
        let folder = fs::canonicalize(&folder).map_err(GitError::at(&folder))?;
        let lock = lock(&folder, progress)?;
        fs::write(folder.join(CLONE), clone.as_os_str().as_bytes()).map_err(GitError::at(&folder))?;
        forget_gone(all);
        let checkout = Self { repository, folder, cache, _lock: lock };
        checkout.forget_unfinished()?;
        Ok(checkout)
    }

    /// Makes its files those of this commit. Those that are so already are not touched, so that Bazel need not read them again.
    ///
    /// # Errors
    /// When one of them cannot be made, or is not what it should be in the end.
    pub fn take(&self, commit: &ObjectId) -> Result<(), GitError> {
        self.repository.check_out(commit, &self.sources())
    }

    /// Bazel in it: with what it has built here before, or with nothing.
    ///
    /// # Errors
    /// When the way to its caches cannot be told to it.
    pub fn bazel(&self) -> Result<Bazel, GitError> {
        let mut options = vec![option("--output_base=", &self.outputs()), OsString::from(IDLE)];
        let file = self.options();
        if cache_options::write(self.repository.root(), &self.sources(), &file).map_err(GitError::at(&file))? {
            options.push(option("--bazelrc=", &file));
        }
        Ok(Bazel::with_startup_options(self.sources(), options))
    }

    /// Says where its files are from, for a program that asks git in it.
    ///
    /// # Errors
    /// When git fails.
    pub fn name_origin(&self, url: &str) -> Result<(), GitError> {
        self.repository.name_origin_of_checkout(&self.sources(), url)
    }

    /// Gives its commit, or one before, a tag that nobody else sees, for a program that asks git in it.
    ///
    /// # Errors
    /// When git fails.
    pub fn tag(&self, name: &str, commit: &ObjectId) -> Result<(), GitError> {
        self.repository.tag_checkout(&self.sources(), name, commit)
    }

    /// The folder that it is in, with what was built. It stays from one release to the next.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn options(&self) -> PathBuf {
        self.folder.join("bazelrc")
    }

    /// The files of the commit.
    #[must_use]
    pub fn sources(&self) -> PathBuf {
        self.folder.join("sources")
    }

    fn outputs(&self) -> PathBuf {
        self.folder.join(match self.cache {
            Cache::Use => "output",
            Cache::Ignore => "fresh-output",
        })
    }

    /// What is built from the sources alone begins with nothing, and is of no use later.
    fn forget_unfinished(&self) -> Result<(), GitError> {
        let outputs = self.outputs();
        if self.cache == Cache::Use || !outputs.exists() {
            return Ok(());
        }
        if let Ok(bazel) = self.bazel() {
            let _ = bazel.output(&["shutdown"]);
        }
        remove(&outputs).map_err(GitError::at(&outputs))
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
fn lock(folder: &Path, progress: &dyn Progress) -> Result<File, GitError> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(GitError::at(&path))?;
    let mut is_told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(GitError::at(&path)(error)),
            Err(TryLockError::WouldBlock) => {}
        }
        if !is_told {
            progress.note("another run builds a release of this clone: waiting for it");
            is_told = true;
        }
        interruption::pause(PAUSE).map_err(|interrupted| GitError::at(&path)(interrupted.into()))?;
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
pub(crate) fn remove(path: &Path) -> io::Result<()> {
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

    #[test]
    fn what_is_built_from_the_sources_alone_is_built_where_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let repository = crate::git::tests::repository(folder.path());
        let all = folder.path().join("releases");
        let open = |cache| Checkout::open_in(&all, &repository, cache, &Silent);

        let kept = open(Cache::Use).unwrap().outputs();
        build_something(&kept);
        let checkout = open(Cache::Ignore).unwrap();
        let fresh = checkout.outputs();
        assert_ne!(fresh, kept);
        build_something(&fresh);
        drop(checkout);
        assert!(!fresh.exists(), "it is of no use later");
        // A run that was killed leaves it.
        build_something(&fresh);
        let checkout = open(Cache::Ignore).unwrap();
        assert!(!fresh.exists(), "the next one begins with nothing");
        drop(checkout);
        let _checkout = open(Cache::Use).unwrap();
        assert!(kept.join("deep/file").exists(), "what a publish has built is there for the next");
    }
}
