//! The remote that releases come from: what it has, what is taken over from it, and what is pushed to it.

use std::collections::BTreeMap;

use super::revision::{Revision, TRACKED_MAIN};
use super::{GitError, ObjectId, Repository};
use release_tag::Tag;

/// The remote that releases come from.
pub(super) const ORIGIN: &str = "origin";

/// The branch that releases are made of, on the remote.
const MAIN: &str = "refs/heads/main";

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

/// What origin has, asked just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginState {
    /// The newest commit of main.
    pub main: ObjectId,
    /// What the tag that was asked for points at in the end, annotated or not.
    pub tag: Option<ObjectId>,
}

/// Whether git's own hooks are run before a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hooks {
    /// As git does.
    Run,
    /// `--no-verify`
    Skip,
}

/// Tags, each with what it points at in the end, by the names of their references.
type Targets = BTreeMap<String, (Tag, ObjectId)>;

impl Repository {
    /// Asks origin for main and one tag, without taking anything over.
    ///
    /// # Errors
    /// When origin does not answer or has no main.
    pub fn ask_origin(&self, tag: &Tag) -> Result<OriginState, GitError> {
        let (main, mut tags) = self.list_origin(&[tag.reference()])?;
        Ok(OriginState { main, tag: tags.remove(&tag.reference()).map(|(_, target)| target) })
    }

    /// The release tags of a service that origin has, whatever this clone has.
    ///
    /// # Errors
    /// When origin does not answer or has no main.
    pub fn origin_tags(&self, service: &str) -> Result<Vec<Tag>, GitError> {
        let (_, tags) = self.list_origin(&[format!("refs/tags/{service}/*")])?;
        Ok(tags.into_values().map(|(tag, _)| tag).collect())
    }

    /// Takes over origin's main and those release tags of these services that are not here, and makes sure that history is still
    /// whole. A reference of the user's is neither moved nor removed.
    ///
    /// # Errors
    /// When origin does not answer, has no main, or has another commit under the name of a tag of this clone.
    pub fn fetch<'a>(&self, services: impl IntoIterator<Item = &'a str>) -> Result<(), GitError> {
        let patterns: Vec<String> = services.into_iter().map(|service| format!("refs/tags/{service}/*")).collect();
        self.take_over(&patterns)
    }

    /// The same with one tag.
    ///
    /// # Errors
    /// As `fetch`.
    pub fn fetch_tag(&self, tag: &Tag) -> Result<(), GitError> {
        self.take_over(&[tag.reference()])
    }

    fn take_over(&self, patterns: &[String]) -> Result<(), GitError> {
        let (main, listed) = self.list_origin(patterns)?;
        let targets = listed.values().map(|(tag, _)| Revision::target_of(tag));
        let mut here = self.objects(targets.chain([Revision::main()]))?;
        let tracked = here.pop().flatten();
        let mut references = format!("+{MAIN}:{TRACKED_MAIN}\n");
        let mut is_known = tracked.as_ref() == Some(&main);
        // One that is annotated there and lightweight here, as CI's checkouts make it, is the same tag.
        for ((reference, (tag, there)), here) in listed.into_iter().zip(here) {
            match here {
                Some(here) if here != there => return Err(GitError::TagMoved { tag, here, there }),
                Some(_) => {}
                // Not by force, as main is, which is origin's here too: one that came meanwhile stays.
                None => {
                    is_known = false;
                    references.extend([reference.as_str(), ":", reference.as_str(), "\n"]);
                }
            }
        }
        if is_known {
            return Ok(());
        }
        let fetched = self.git.read_with_input(&FETCH, references.as_bytes());
        fetched.map_err(|error| self.origin_error(error))?;
        Self::open(self.root())?;
        // Nothing is taken over from an origin that is shallow itself.
        self.main().map(drop)
    }

    /// Origin's main, and those of its release tags whose references match.
    fn list_origin(&self, patterns: &[String]) -> Result<(ObjectId, Targets), GitError> {
        // Not the references of all pull requests, which are most of what a large repository has.
        let mut arguments = vec!["ls-remote", "--quiet", "--heads", "--tags", "--end-of-options", ORIGIN, MAIN];
        // Behind the line of an annotated tag, one of its own says what that points at.
        let patterns: Vec<String> =
            patterns.iter().flat_map(|pattern| [pattern.clone(), format!("{pattern}^{{}}")]).collect();
        arguments.extend(patterns.iter().map(String::as_str));
        let answer = self.git.read(&arguments).map_err(|error| self.origin_error(error))?;
        let answer = String::from_utf8_lossy(&answer);
        let lines = answer.lines().filter_map(|line| line.split_once('\t'));
        let mut main = None;
        let mut tags = Targets::new();
        for (object, name) in lines.filter_map(|(object, name)| Some((ObjectId::parse(object)?, name))) {
            let name = name.strip_suffix("^{}").unwrap_or(name);
            if name == MAIN {
                main = Some(object);
            } else if let Some(Ok(tag)) = name.strip_prefix("refs/tags/").map(|tag| Tag::parse(tag.as_ref())) {
                tags.insert(name.to_owned(), (tag, object));
            }
        }
        Ok((main.ok_or(GitError::NoMain)?, tags))
    }

    /// Pushes one lightweight, unsigned tag of a commit, whatever the configuration says. It does not become a tag of this clone.
    ///
    /// # Errors
    /// When git says that origin did not take it.
    pub fn push(&self, tag: &Tag, commit: &ObjectId, hooks: Hooks) -> Result<(), GitError> {
        let mut arguments = vec!["push", "--quiet", "--no-follow-tags", "--no-signed", "--recurse-submodules=no"];
        if hooks == Hooks::Skip {
            arguments.push("--no-verify");
        }
        let refspec = format!("{commit}:{}", tag.reference());
        arguments.extend(["--end-of-options", ORIGIN, &refspec]);
        self.git.read(&arguments).map(drop)
    }

    /// Makes a tag of a commit one of this clone, where there is none yet.
    ///
    /// # Errors
    /// When git fails.
    pub fn create(&self, tag: &Tag, commit: &ObjectId) -> Result<(), GitError> {
        let input = format!("create {} {commit}\n", tag.reference());
        self.git.read_with_input(&["update-ref", "--stdin"], input.as_bytes()).map(drop)
    }

    /// The addresses of origin: where git fetches from and pushes to once it has applied `url.*.insteadOf` and
    /// `pushInsteadOf`, then those that are written down. None where there is no such remote. No other setting is read: a
    /// configuration is in any encoding, and has secrets in it. What is not UTF-8 comes with replacements.
    ///
    /// # Errors
    /// When git fails.
    pub fn origin_urls(&self) -> Result<Vec<String>, GitError> {
        let pattern = format!("^(remote[.]{ORIGIN}[.](url|pushurl)|url[.].*)$");
        let configuration = self.git.ask(&["config", "--null", "--get-regexp", &pattern])?.unwrap_or_default();
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
    fn origin_error(&self, error: GitError) -> GitError {
        if self.origin_urls().is_ok_and(|urls| urls.is_empty()) {
            GitError::NoOrigin
        } else if error.message().contains("couldn't find remote ref refs/heads/main") {
            GitError::NoMain
        } else {
            GitError::Origin(Box::new(error))
        }
    }
}
