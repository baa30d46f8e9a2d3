//! What stands in for the repository on GitHub: a bare one on this machine, whose main is the commit at hand.

use std::path::{Path, PathBuf};

use crate::git::{GitError, git};

/// There is no such remote.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Git takes no tag of that name.
    #[error("`{tag}` is no name that git takes for a tag")]
    Name {
        /// What was typed.
        tag: String,
    },
    /// The commit has no such file.
    #[error("tag `{tag}` has no `{path}`")]
    NoFile {
        /// The tag.
        tag: String,
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: GitError,
    },
    /// Git does not.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// The bare repository.
#[derive(Debug)]
pub struct Remote {
    folder: PathBuf,
    tag: String,
    commit: String,
}

impl Remote {
    /// Copies what is committed into a new folder. A tag that is not there yet is made on main.
    ///
    /// # Errors
    /// When git does not do that.
    pub fn make(repository: &Path, folder: &Path, tag: &str) -> Result<Self, RemoteError> {
        let reference = format!("refs/tags/{tag}");
        if git(repository, &["check-ref-format", &reference]).is_err() {
            return Err(RemoteError::Name { tag: tag.to_owned() });
        }
        let path = folder.to_string_lossy();
        git(repository, &["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "--", &path])?;
        let source = repository.to_string_lossy();
        let references = ["+HEAD:refs/heads/main", "+refs/tags/*:refs/tags/*"];
        git(folder, &[&["fetch", "--quiet", "--no-tags", "--", &source], &references[..]].concat())?;
        if git(folder, &["rev-parse", "--verify", "--quiet", &reference]).is_err() {
            git(folder, &["update-ref", &reference, "refs/heads/main"])?;
        }
        let commit = git(folder, &["rev-parse", "--verify", &format!("{reference}^{{commit}}")])?;
        Ok(Self { folder: folder.to_owned(), tag: tag.to_owned(), commit })
    }

    /// As `git clone` takes it. Not a path: a clone of that would share files and know no depth.
    #[must_use]
    pub fn url(&self) -> String {
        format!("file://{}", self.folder.display())
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The commit that it points at.
    #[must_use]
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// A file of that commit.
    ///
    /// # Errors
    /// When there is none.
    pub fn file(&self, path: &str) -> Result<String, RemoteError> {
        git(&self.folder, &["show", &format!("{}:{path}", self.commit)]).map_err(|source| RemoteError::NoFile {
            tag: self.tag.clone(),
            path: path.to_owned(),
            source,
        })
    }
}
