//! What stands in for `actions/checkout`: a clone of the bare repository at the tag, with the options of the step.

use std::fs;
use std::io;
use std::path::Path;

use indexmap::IndexMap;

use crate::git::{GitError, git};
use crate::home;
use crate::remote::Remote;

/// A checkout that cannot be rehearsed.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// An option is not known.
    #[error("`actions/checkout` is not rehearsed with `{option}: {value}`")]
    Option {
        /// Its name.
        option: String,
        /// Its value.
        value: String,
    },
    /// The folder cannot be emptied.
    #[error("cannot empty `{path}`")]
    Clean {
        /// The folder.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Git does not.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Makes a folder a clone and nothing else, whatever was in it.
///
/// # Errors
/// When an option is not known, `persist-credentials: true` among them, and when git does not clone.
pub fn check_out(remote: &Remote, folder: &Path, options: &IndexMap<String, String>) -> Result<(), CheckoutError> {
    let depth = depth(options)?;
    fs::create_dir_all(folder)
        .and_then(|()| home::empty(folder))
        .map_err(|source| CheckoutError::Clean { path: folder.display().to_string(), source })?;
    git(folder, &["init", "--quiet", "--template=", "--initial-branch=main", "."])?;
    git(folder, &["remote", "add", "origin", &remote.url()])?;
    let reference = format!("refs/tags/{}", remote.tag());
    if depth == 0 {
        let all = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
        git(folder, &[&["fetch", "--quiet", "--no-tags", "origin"], &all[..]].concat())?;
    } else {
        let depth = format!("--depth={depth}");
        git(folder, &["fetch", "--quiet", "--no-tags", &depth, "origin", &format!("+{reference}:{reference}")])?;
    }
    // As the action does it: the tag of a job is that commit, also where origin has it annotated.
    git(folder, &["update-ref", &reference, remote.commit()])?;
    git(folder, &["checkout", "--quiet", "--force", &reference])?;
    Ok(())
}

fn depth(options: &IndexMap<String, String>) -> Result<u32, CheckoutError> {
    let mut depth = 1;
    let mut is_persistent = true;
    for (option, value) in options {
        let unknown = || CheckoutError::Option { option: option.clone(), value: value.clone() };
        match (option.as_str(), value.as_str()) {
            ("fetch-depth", value) => depth = value.parse().map_err(|_| unknown())?,
            ("persist-credentials", "false") => is_persistent = false,
            _ => return Err(unknown()),
        }
    }
    if is_persistent {
        return Err(CheckoutError::Option { option: "persist-credentials".to_owned(), value: "true".to_owned() });
    }
    Ok(depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> IndexMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn options_are_taken_or_refused() {
        assert_eq!(depth(&options(&[("fetch-depth", "0"), ("persist-credentials", "false")])).unwrap(), 0);
        assert_eq!(depth(&options(&[("persist-credentials", "false")])).unwrap(), 1);
        for (pairs, message) in [
            (&[("fetch-depth", "0")][..], "persist-credentials: true"),
            (&[("persist-credentials", "true")], "persist-credentials: true"),
            (&[("persist-credentials", "false"), ("submodules", "true")], "submodules: true"),
            (&[("fetch-depth", "all")], "fetch-depth: all"),
        ] {
            let error = depth(&options(pairs)).unwrap_err().to_string();
            assert_eq!(error, format!("`actions/checkout` is not rehearsed with `{message}`"));
        }
    }

    #[test]
    fn an_annotated_tag_arrives_as_its_commit_and_files_as_they_are_committed() {
        let folder = tempfile::tempdir().unwrap();
        let (source, bare, clone) =
            (folder.path().join("source"), folder.path().join("bare"), folder.path().join("clone"));
        fs::create_dir(&source).unwrap();
        let run = |arguments: &[&str]| git(&source, arguments).unwrap();
        run(&["init", "--quiet", "--template=", "--initial-branch=main"]);
        run(&["config", "user.name", "A Developer"]);
        run(&["config", "user.email", "developer@example.com"]);
        fs::write(source.join("file"), "one\ntwo\n").unwrap();
        run(&["add", "--all"]);
        run(&["commit", "--quiet", "--message", "Begin"]);
        run(&["tag", "--annotate", "--message", "First", "api/v1.0.0"]);
        let remote = Remote::make(&source, &bare, "api/v1.0.0").unwrap();
        check_out(&remote, &clone, &options(&[("fetch-depth", "0"), ("persist-credentials", "false")])).unwrap();
        assert_eq!(git(&clone, &["rev-parse", "refs/tags/api/v1.0.0"]).unwrap(), remote.commit());
        assert_eq!(git(&bare, &["cat-file", "-t", "refs/tags/api/v1.0.0"]).unwrap(), "tag");
        assert_eq!(fs::read_to_string(clone.join("file")).unwrap(), "one\ntwo\n");
    }
}
