//! What stands in for the repository on GitHub: a bare one on this machine, whose main is the commit at hand; and clones of it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use terminal::{Context as _, Failure};

/// Files as they are committed and no hook, whatever the user's settings say.
const SETTINGS: [&str; 4] =
    ["core.attributesFile=/dev/null", "core.autocrlf=false", "core.fsmonitor=false", "core.hooksPath=/dev/null"];

/// The bare repository.
#[derive(Debug)]
pub struct Remote {
    folder: PathBuf,
    /// `refs/tags/...`.
    tag: String,
}

impl Remote {
    /// Copies what is committed in a repository into a new folder. A tag that is not there yet is made on main.
    pub fn make(repository: &Path, folder: &Path, tag: &str) -> Result<Self, Failure> {
        let source = git(repository, &["rev-parse", "--show-toplevel"])?;
        let path = folder.to_string_lossy();
        git(repository, &["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "--", &path])?;
        let references = ["+HEAD:refs/heads/main", "+refs/tags/*:refs/tags/*"];
        git(folder, &[&["fetch", "--quiet", "--no-tags", "--", &source], &references[..]].concat())?;
        let tag = format!("refs/tags/{tag}");
        if git(folder, &["rev-parse", "--verify", "--quiet", &tag]).is_err() {
            git(folder, &["update-ref", &tag, "refs/heads/main"])?;
        }
        Ok(Self { folder: folder.to_owned(), tag })
    }

    /// A file of the tag's commit.
    pub fn file(&self, path: &str) -> Result<String, Failure> {
        git(&self.folder, &["show", &format!("{}^{{commit}}:{path}", self.tag)])
    }

    /// Makes an empty folder a clone at the tag, as `actions/checkout` does: with all that origin has, and the tag as the commit
    /// itself, also where origin has it annotated.
    pub fn clone_into(&self, folder: &Path) -> Result<(), Failure> {
        let url = format!("file://{}", self.folder.display());
        git(folder, &["clone", "--quiet", "--template=", "--no-checkout", "--", &url, "."])?;
        let commit = git(folder, &["rev-parse", &format!("{}^{{commit}}", self.tag)])?;
        git(folder, &["update-ref", &self.tag, &commit])?;
        git(folder, &["checkout", "--quiet", "--force", &self.tag])?;
        Ok(())
    }
}

/// Runs git in a folder; what it prints, without the line break at its end.
pub fn git(folder: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new("git");
    command.current_dir(folder).stdin(Stdio::null());
    command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting])).args(arguments);
    // Where the user's configuration stands is kept: it says whose folders git may read.
    let is_repository = |name: &str| name.starts_with("GIT_") && !name.starts_with("GIT_CONFIG_");
    for (name, _) in env::vars_os().filter(|(name, _)| is_repository(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    let output = command.output().context("cannot run git")?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::unknown(format!("`git {}` failed: {}", arguments.join(" "), complaint.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}
