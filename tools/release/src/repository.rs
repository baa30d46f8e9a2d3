//! A clone and its origin: what is where, and whether it can be trusted to know history.
//!
//! Owns the names of the remote and its branch, and every question about references. What changed between two commits is
//! `history`'s.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::git::{Git, GitError, ObjectId, unexpected};
use crate::tag::Tag;

/// The remote that releases come from.
const ORIGIN: &str = "origin";

/// The branch that releases are made of, on the remote.
const MAIN: &str = "refs/heads/main";

/// The same branch, as this clone last saw it.
pub const TRACKED_MAIN: &str = "refs/remotes/origin/main";

/// Takes over the references that stand on stdin and nothing else, whatever `remote.origin` of the configuration says. Not
/// `--quiet`: that also hides which of them was refused.
const FETCH: [&str; 11] = [
    "fetch",
    "--no-progress",
    "--no-tags",
    "--no-prune",
    "--no-recurse-submodules",
    "--no-write-fetch-head",
    // No other reference that `remote.origin.fetch` would have follow main.
    "--refmap=",
    "--no-auto-maintenance",
    "--stdin",
    "--end-of-options",
    ORIGIN,
];

/// What can keep a repository from answering. None of it is a "no".
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// There is no work tree here.
    #[error("`{folder}` is not in a git work tree")]
    NotARepository {
        /// Where it was looked for.
        folder: PathBuf,
        /// What git said.
        #[source]
        source: GitError,
    },
    /// History is cut off, so ancestry and former releases cannot be known.
    #[error("`{root}` is a shallow clone, its history is cut off")]
    Shallow {
        /// The work tree.
        root: PathBuf,
    },
    /// There is no such remote.
    #[error("there is no remote `{ORIGIN}`")]
    NoOrigin,
    /// The remote does not answer, or not as it should.
    #[error("cannot ask `{ORIGIN}`")]
    Origin(#[source] GitError),
    /// A tag here is another one there.
    #[error("tag `{tag}` is `{here}` in this clone and `{there}` on `{ORIGIN}`")]
    TagMoved {
        /// The tag.
        tag: Tag,
        /// What it points at in this clone.
        here: ObjectId,
        /// What it points at on origin.
        there: ObjectId,
    },
    /// The remote has no such branch.
    #[error("`{ORIGIN}` has no branch `main`")]
    NoMain,
    /// This clone never fetched it.
    #[error("this clone has no `{ORIGIN}/main`")]
    NoTrackedMain,
    /// There is no commit yet.
    #[error("the repository has no commit")]
    NoCommit,
    /// Anything else.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl RepositoryError {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotARepository { .. } => Some("run it in a clone of the repository, or name one with `-C`"),
            Self::Shallow { .. } => Some("git fetch --unshallow (in CI: `fetch-depth: 0`)"),
            Self::NoOrigin => Some("git remote add origin <url>"),
            Self::Origin(_) => Some("git ls-remote origin"),
            Self::TagMoved { .. } => {
                Some("find out who moved it; `git fetch --tags --force` takes over what origin has")
            }
            Self::NoTrackedMain => Some("leave `--no-fetch` out"),
            Self::NoMain | Self::NoCommit | Self::Git(_) => None,
        }
    }
}

/// A clone with whole history.
#[derive(Debug, Clone)]
pub struct Repository {
    git: Git,
}

/// What origin has, asked just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginState {
    /// The newest commit of main.
    pub main: ObjectId,
    /// What the tag that was asked for points at in the end, annotated or not.
    pub tag: Option<ObjectId>,
}

/// A tag as origin lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OriginTag {
    tag: Tag,
    /// The tag's own object where it is annotated, else the target.
    object: ObjectId,
    /// What it points at in the end.
    target: ObjectId,
}

impl Repository {
    /// Opens the repository that `folder` is in.
    ///
    /// # Errors
    /// When there is none, or when it is shallow.
    pub fn open(folder: &Path) -> Result<Self, RepositoryError> {
        let failed = |source| RepositoryError::NotARepository { folder: folder.to_owned(), source };
        let arguments = ["rev-parse", "--is-shallow-repository", "--show-toplevel"];
        if !folder.is_dir() {
            let message = "there is no such folder".to_owned();
            return Err(failed(GitError::Failed { command: "rev-parse".to_owned(), message }));
        }
        let answer = Git::new(folder).read(&arguments).map_err(failed)?;
        let end = answer.iter().position(|&byte| byte == b'\n').ok_or_else(|| unexpected(&arguments))?;
        let (shallow, root) = (&answer[..end], &answer[end + 1..]);
        // A path may hold line breaks of its own, and need not be UTF-8; only the last line break is git's.
        let root = PathBuf::from(OsStr::from_bytes(root.strip_suffix(b"\n").unwrap_or(root)));
        if shallow != b"false" {
            return Err(RepositoryError::Shallow { root });
        }
        Ok(Self { git: Git::new(root) })
    }

    /// Git in the repository's root.
    #[must_use]
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// The work tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.git.folder()
    }

    /// Asks origin for main and one tag, without taking anything over.
    ///
    /// # Errors
    /// When origin does not answer or has no main.
    pub fn ask_origin(&self, tag: &Tag) -> Result<OriginState, RepositoryError> {
        let (main, mut tags) = self.list_origin(&[tag.to_string()])?;
        Ok(OriginState { main, tag: tags.remove(&tag.reference()).map(|listed| listed.target) })
    }

    /// Takes over origin's main and the release tags that match and are not here, and makes sure that history is still whole.
    /// A reference of the user's is neither moved nor removed.
    ///
    /// # Errors
    /// When origin does not answer, has no main, or has another commit under the name of a tag of this clone.
    pub fn fetch(&self, tags: &[String]) -> Result<(), RepositoryError> {
        let (main, listed) = self.list_origin(tags)?;
        let mut names: Vec<String> = listed.keys().cloned().collect();
        names.push(format!("{TRACKED_MAIN}^{{commit}}"));
        let mut here = self.objects(&names)?;
        let tracked = here.pop().flatten();
        let missing = self.compare(&listed, &here)?;
        if missing.is_empty() && tracked.as_ref() == Some(&main) {
            return Ok(());
        }
        // Main by force: it is origin's here too. A tag never: one that came meanwhile stays.
        let tags = missing.iter().map(|reference| format!("{reference}:{reference}\n"));
        let references: String = [format!("+{MAIN}:{TRACKED_MAIN}\n")].into_iter().chain(tags).collect();
        let fetched = self.git.read_with_input(&FETCH, references.into_bytes());
        fetched.map_err(|error| self.origin_error(error))?;
        Self::open(self.root()).map(drop)
    }

    /// Origin's main, and those of its release tags that match, by the names of their references.
    fn list_origin(&self, tags: &[String]) -> Result<(ObjectId, BTreeMap<String, OriginTag>), RepositoryError> {
        // Not the references of all pull requests, which are most of what a large repository has.
        let mut arguments = vec!["ls-remote", "--quiet", "--heads", "--tags", "--end-of-options", ORIGIN, MAIN];
        // Of an annotated tag a line of its own says what it points at.
        let patterns = tags.iter().flat_map(|tag| [format!("refs/tags/{tag}"), format!("refs/tags/{tag}^{{}}")]);
        let patterns: Vec<String> = patterns.collect();
        arguments.extend(patterns.iter().map(String::as_str));
        let answer = self.git.read(&arguments).map_err(|error| self.origin_error(error))?;
        let answer = String::from_utf8_lossy(&answer);
        let lines = answer.lines().filter_map(|line| line.split_once('\t'));
        let mut main = None;
        let mut listed = BTreeMap::new();
        for (object, name) in lines.filter_map(|(object, name)| Some((ObjectId::parse(object)?, name))) {
            if name == MAIN {
                main = Some(object);
                continue;
            }
            let (reference, is_target) = name.strip_suffix("^{}").map_or((name, false), |name| (name, true));
            let tag = reference.strip_prefix("refs/tags/").map(|name| Tag::parse(name.as_ref()));
            let Some(Ok(tag)) = tag else { continue };
            let new = OriginTag { tag, object: object.clone(), target: object.clone() };
            let entry = listed.entry(reference.to_owned()).or_insert(new);
            if is_target {
                entry.target = object;
            }
        }
        Ok((main.ok_or(RepositoryError::NoMain)?, listed))
    }

    /// The tags that are on origin and not here. One that is annotated there and lightweight here, as CI's checkouts make it, is
    /// the same tag: what counts is what both point at.
    fn compare<'a>(
        &self,
        listed: &'a BTreeMap<String, OriginTag>,
        here: &[Option<ObjectId>],
    ) -> Result<Vec<&'a str>, RepositoryError> {
        let both = || listed.iter().zip(here);
        let missing = both().filter(|(_, here)| here.is_none()).map(|((reference, _), _)| reference.as_str());
        let is_other =
            |there: &OriginTag, here: &Option<ObjectId>| here.as_ref().is_some_and(|here| *here != there.object);
        let others: Vec<_> =
            both().filter(|((_, there), here)| is_other(there, here)).map(|(listed, _)| listed).collect();
        let targets: Vec<String> = others.iter().map(|(reference, _)| format!("{reference}^{{}}")).collect();
        for ((_, there), here) in others.into_iter().zip(self.objects(&targets)?) {
            if let Some(here) = here.filter(|here| *here != there.target) {
                return Err(RepositoryError::TagMoved { tag: there.tag.clone(), here, there: there.target.clone() });
            }
        }
        Ok(missing.collect())
    }

    /// The objects behind these names, which may be anything that git takes for one; nothing for what is not there.
    ///
    /// # Errors
    /// When git fails.
    pub fn objects(&self, names: &[String]) -> Result<Vec<Option<ObjectId>>, GitError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let arguments = ["cat-file", "--batch-check=%(objectname)"];
        let mut input = names.join("\n").into_bytes();
        input.push(b'\n');
        let answer = self.git.read_with_input(&arguments, input)?;
        let objects: Vec<_> = String::from_utf8_lossy(&answer).lines().map(ObjectId::parse).collect();
        if objects.len() == names.len() { Ok(objects) } else { Err(unexpected(&arguments)) }
    }

    /// Whether every commit of `ancestor` is also in `descendant`. Both are known to be there.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn is_ancestor(&self, ancestor: &ObjectId, descendant: &ObjectId) -> Result<bool, GitError> {
        self.git.ask(&["merge-base", "--is-ancestor", ancestor.as_str(), descendant.as_str()])
    }

    /// The release tags of these services; other tags in their folders are passed over.
    ///
    /// # Errors
    /// When git fails.
    pub fn tags<'a>(&self, services: impl Iterator<Item = &'a str>) -> Result<Vec<Tag>, GitError> {
        let patterns: Vec<String> = services.map(|service| format!("refs/tags/{service}/")).collect();
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

    /// Whether git shows anything in the work tree that is not committed: for people to know. It proves nothing, because the
    /// index and the user's settings can hide a change.
    ///
    /// # Errors
    /// When git fails.
    pub fn is_dirty(&self) -> Result<bool, GitError> {
        Ok(!self.git.read(&["status", "--porcelain", "--untracked-files=normal", "--no-renames"])?.is_empty())
    }

    /// The addresses of origin: where git fetches from and pushes to once it has applied `url.*.insteadOf` and
    /// `pushInsteadOf`, then those that are written down. None where there is no such remote. No other setting is read: a
    /// configuration is in any encoding, and has secrets in it. What is not UTF-8 comes with replacements.
    ///
    /// # Errors
    /// When git fails.
    pub fn origin_urls(&self) -> Result<Vec<String>, GitError> {
        let pattern = format!("^(remote[.]{ORIGIN}[.](url|pushurl)|url[.].*)$");
        let configuration = self.git.find(&["config", "--null", "--get-regexp", &pattern])?;
        let configuration = String::from_utf8_lossy(&configuration);
        let entries = || configuration.split('\0').filter_map(|entry| entry.split_once('\n'));
        let written = entries().filter(|(key, _)| key.starts_with("remote."));
        let written = written.map(|(_, url)| url.to_owned());
        // Nearly nobody has rules for addresses, and then what is written down is what git uses.
        if !entries().any(|(key, _)| key.starts_with("url.")) {
            return Ok(written.collect());
        }
        let listed = self.git.read(&["remote", "--verbose"])?;
        let listed = String::from_utf8_lossy(&listed);
        let own = listed.lines().filter_map(|line| line.strip_prefix(ORIGIN)?.strip_prefix('\t')?.rsplit_once(" ("));
        Ok(own.map(|(url, _)| url.to_owned()).chain(written).collect())
    }

    /// Says why origin did not answer; only now it is worth asking whether there is one.
    fn origin_error(&self, error: GitError) -> RepositoryError {
        if self.origin_urls().is_ok_and(|urls| urls.is_empty()) {
            RepositoryError::NoOrigin
        } else if error.message().contains("couldn't find remote ref refs/heads/main") {
            RepositoryError::NoMain
        } else {
            RepositoryError::Origin(error)
        }
    }
}
