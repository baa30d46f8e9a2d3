//! A clean checkout of one commit beside the work tree that people edit, and a Bazel of its own in it; both are temporary.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::bazel::Bazel;
use crate::git::{Git, GitError, ObjectId};

/// There is no such checkout.
#[derive(Debug, thiserror::Error)]
pub enum WorktreeError {
    /// There is no place for it.
    #[error("cannot make a temporary folder")]
    Folder(#[source] io::Error),
    /// Git does not make it.
    #[error("cannot check out `{commit}` in a folder of its own")]
    Git {
        /// The commit.
        commit: ObjectId,
        /// Why.
        #[source]
        source: GitError,
    },
}

/// The checkout. It is gone when this is dropped, and so is what was built in it.
#[derive(Debug)]
pub struct Worktree {
    git: Git,
    folder: TempDir,
    bazel: Bazel,
}

impl Worktree {
    /// Checks a commit out.
    ///
    /// # Errors
    /// When git does not.
    pub fn add(git: &Git, commit: &ObjectId) -> Result<Self, WorktreeError> {
        let prefix = format!("unkey-{}-", commit.short());
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir().map_err(WorktreeError::Folder)?;
        let sources = sources(folder.path());
        let path = sources.to_string_lossy();
        let arguments = ["worktree", "add", "--quiet", "--detach", "--end-of-options", &path, commit.as_str()];
        git.read(&arguments).map_err(|source| WorktreeError::Git { commit: commit.clone(), source })?;
        let bazel = Bazel::with_output_base(sources, &folder.path().join("output"));
        Ok(Self { git: git.clone(), folder, bazel })
    }

    /// Bazel in it.
    #[must_use]
    pub fn bazel(&self) -> &Bazel {
        &self.bazel
    }
}

fn sources(folder: &Path) -> PathBuf {
    folder.join("sources")
}

impl Drop for Worktree {
    fn drop(&mut self) {
        // What cannot be cleaned up is in the folder for temporary files: no reason to fail, and nobody to tell.
        let _ = self.bazel.run(&["shutdown"], &[]);
        make_writable(self.folder.path());
        let path = sources(self.folder.path());
        let _ = self.git.read(&["worktree", "remove", "--force", "--end-of-options", &path.to_string_lossy()]);
    }
}

/// Bazel makes what it has built read-only, folders too.
fn make_writable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700));
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(&entry.path());
        }
    }
}
