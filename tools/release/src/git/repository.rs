//! A clone: its commits, its release tags, and whether it can be trusted to know history.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::command::Git;
use super::environment::Configuration;
use super::revision::{Revision, TRACKED_MAIN};
use super::{GitError, ObjectId};
use release_tag::Tag;

/// A clone with whole history.
#[derive(Debug, Clone)]
pub struct Repository {
    pub(super) git: Git,
}

/// What a clone says of a release tag, without asking origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagState {
    /// What it points at in the end, annotated or not; nothing where there is no such tag.
    pub target: Option<ObjectId>,
    /// The same where it is a commit.
    pub commit: Option<ObjectId>,
    /// The newest commit of origin's main.
    pub main: Option<ObjectId>,
}

impl Repository {
    /// Opens the repository that `folder` is in.
    ///
    /// # Errors
    /// When there is none, or when it is shallow.
    pub fn open(folder: &Path) -> Result<Self, GitError> {
        let failed = |source| GitError::NotARepository { folder: folder.to_owned(), source: Box::new(source) };
        let arguments = ["rev-parse", "--is-shallow-repository", "--show-toplevel"];
        if !folder.is_dir() {
            let message = "there is no such folder".to_owned();
            return Err(failed(GitError::Failed { command: "rev-parse".to_owned(), message }));
        }
        let answer = Git::new(folder, Configuration::OfUser).read(&arguments).map_err(failed)?;
        let end = answer.iter().position(|&byte| byte == b'\n').ok_or_else(|| GitError::unexpected(&arguments))?;
        let (shallow, root) = (&answer[..end], &answer[end + 1..]);
        // A path may hold line breaks of its own, and need not be UTF-8; only the last line break is git's.
        let root = PathBuf::from(OsStr::from_bytes(root.strip_suffix(b"\n").unwrap_or(root)));
        if shallow != b"false" {
            return Err(GitError::Shallow { root });
        }
        Ok(Self { git: Git::new(root, Configuration::OfUser) })
    }

    /// The work tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.git.folder()
    }

    /// The commit that is checked out.
    ///
    /// # Errors
    /// When there is no commit yet, or git fails.
    pub fn head(&self) -> Result<ObjectId, GitError> {
        self.object(Revision::head())?.ok_or(GitError::NoCommit)
    }

    /// The newest commit of origin's main, as this clone last saw it.
    ///
    /// # Errors
    /// When it never did, or git fails.
    pub fn main(&self) -> Result<ObjectId, GitError> {
        self.object(Revision::main())?.ok_or(GitError::NoTrackedMain)
    }

    /// The commit that a tag of this clone points at.
    ///
    /// # Errors
    /// When it points at none, or git fails.
    pub fn commit_of(&self, tag: &Tag) -> Result<ObjectId, GitError> {
        self.object(Revision::commit_of(tag))?.ok_or_else(|| GitError::TagOfNoCommit { tag: tag.clone() })
    }

    /// The commits that tags of this clone point at; nothing for a tag of none. Git is started once.
    ///
    /// # Errors
    /// When git fails.
    pub fn commits_of<'a>(&self, tags: impl IntoIterator<Item = &'a Tag>) -> Result<Vec<Option<ObjectId>>, GitError> {
        self.objects(tags.into_iter().map(Revision::commit_of))
    }

    /// What this clone says of a release tag.
    ///
    /// # Errors
    /// When git fails.
    pub fn tag_state(&self, tag: &Tag) -> Result<TagState, GitError> {
        let objects = self.objects([Revision::target_of(tag), Revision::commit_of(tag), Revision::main()])?;
        let mut objects = objects.into_iter();
        let mut next = || objects.next().flatten();
        Ok(TagState { target: next(), commit: next(), main: next() })
    }

    /// Whether a commit is on origin's main, as this clone last saw it.
    ///
    /// # Errors
    /// When this clone never saw it, or git cannot tell.
    pub fn is_on_main(&self, commit: &ObjectId) -> Result<bool, GitError> {
        // Where there is none, that is why git fails.
        self.contains(TRACKED_MAIN, commit).or_else(|error| self.main().and(Err(error)))
    }

    /// Whether every commit of `ancestor` is also in `descendant`. Both are known to be there.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn is_ancestor(&self, ancestor: &ObjectId, descendant: &ObjectId) -> Result<bool, GitError> {
        self.contains(descendant.as_str(), ancestor)
    }

    fn contains(&self, descendant: &str, ancestor: &ObjectId) -> Result<bool, GitError> {
        Ok(self.git.ask(&["merge-base", "--is-ancestor", ancestor.as_str(), descendant])?.is_some())
    }

    /// The release tags of these services; other tags in their folders are passed over.
    ///
    /// # Errors
    /// When git fails.
    pub fn tags<'a>(&self, services: impl IntoIterator<Item = &'a str>) -> Result<Vec<Tag>, GitError> {
        let patterns: Vec<String> = services.into_iter().map(|service| format!("refs/tags/{service}/")).collect();
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        // The name alone: for anything else git opens every object.
        let mut arguments = vec!["for-each-ref", "--format=%(refname)"];
        arguments.extend(patterns.iter().map(String::as_str));
        let answer = self.git.read(&arguments)?;
        let names = answer.split(|&byte| byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
        Ok(names.filter_map(|name| Tag::parse(name.strip_prefix("refs/tags/")?.as_ref()).ok()).collect())
    }

    /// When a commit was made, in seconds since 1970.
    ///
    /// # Errors
    /// When git fails.
    pub fn commit_time(&self, commit: &ObjectId) -> Result<i64, GitError> {
        let arguments = ["log", "--max-count=1", "--format=%ct", "--end-of-options", commit.as_str()];
        let answer = self.git.read(&arguments)?;
        String::from_utf8_lossy(&answer).trim().parse().map_err(|_| GitError::unexpected(&arguments))
    }

    /// Whether git shows anything in the work tree that is not committed: for people to know. It proves nothing, because the
    /// index and the user's settings can hide a change.
    ///
    /// # Errors
    /// When git fails.
    pub fn is_dirty(&self) -> Result<bool, GitError> {
        Ok(!self.git.read(&["status", "--porcelain", "--untracked-files=normal", "--no-renames"])?.is_empty())
    }

    /// The name that git gives to this content; it is stored nowhere.
    ///
    /// # Errors
    /// When git fails.
    pub fn hash(&self, content: &[u8]) -> Result<ObjectId, GitError> {
        let arguments = ["hash-object", "--no-filters", "--stdin"];
        let answer = self.git.read_with_input(&arguments, content)?;
        let answer = String::from_utf8_lossy(&answer);
        ObjectId::parse(answer.trim_end()).ok_or_else(|| GitError::unexpected(&arguments))
    }

    /// The files of a commit below a folder: their paths in there, and their contents' names. Those whose paths are not UTF-8 are
    /// passed over.
    ///
    /// # Errors
    /// When git fails.
    pub fn files(&self, commit: &ObjectId, folder: &str) -> Result<Vec<(String, ObjectId)>, GitError> {
        let tree = format!("{folder}/");
        let arguments = ["ls-tree", "-r", "-z", "--full-tree", commit.as_str(), "--", &tree];
        let listed = self.git.read(&arguments)?;
        // `<mode> <type> <object>`, a tab, the path.
        let file = |line: &str| {
            let (entry, path) = line.split_once('\t')?;
            Some((path.strip_prefix(&tree)?.to_owned(), ObjectId::parse(entry.rsplit(' ').next()?)?))
        };
        let lines = listed.split(|&byte| byte == 0).filter_map(|line| std::str::from_utf8(line).ok());
        lines
            .filter(|line| !line.is_empty())
            .map(|line| file(line).ok_or_else(|| GitError::unexpected(&arguments)))
            .collect()
    }

    fn object(&self, revision: Revision) -> Result<Option<ObjectId>, GitError> {
        Ok(self.objects([revision])?.pop().flatten())
    }

    /// The objects that these names lead to; nothing for what is not there.
    pub(super) fn objects(
        &self,
        revisions: impl IntoIterator<Item = Revision>,
    ) -> Result<Vec<Option<ObjectId>>, GitError> {
        let revisions: Vec<Revision> = revisions.into_iter().collect();
        if revisions.is_empty() {
            return Ok(Vec::new());
        }
        let arguments = ["cat-file", "--batch-check=%(objectname)"];
        let input: String = revisions.iter().flat_map(|revision| [revision.as_str(), "\n"]).collect();
        let answer = self.git.read_with_input(&arguments, input.as_bytes())?;
        let objects: Vec<_> = String::from_utf8_lossy(&answer).lines().map(ObjectId::parse).collect();
        if objects.len() == revisions.len() { Ok(objects) } else { Err(GitError::unexpected(&arguments)) }
    }
}
