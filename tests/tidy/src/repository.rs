//! Which files there are: those that are committed or could be.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use terminal::{Context as _, Failure};

use crate::source_file::SourceFile;

/// The user's folder.
const HOME: &str = "HOME";

/// The folder of the repository that this runs in.
pub fn root() -> Result<PathBuf, Failure> {
    let root = git(&["rev-parse", "--show-toplevel"], Path::new("."))?;
    Ok(PathBuf::from(root.trim_end_matches('\n')))
}

/// The folders of this machine that no file may name, each with a slash at its end: the repository's, the one around it,
/// the user's.
pub fn folders(root: &Path) -> Vec<String> {
    let home = env::var_os(HOME).map(PathBuf::from);
    let folders = [Some(root), root.parent(), home.as_deref()].into_iter().flatten();
    let folders = folders.filter(|folder| folder.components().count() > 1);
    folders.map(|folder| format!("{}/", folder.display())).collect()
}

/// Every text file of the repository in this folder.
pub fn files(root: &Path) -> Result<Vec<SourceFile>, Failure> {
    let paths = git(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"], root)?;
    let mut files = Vec::new();
    for path in paths.split('\0').filter(|path| !path.is_empty()) {
        files.extend(read(root, path)?);
    }
    // A rule that looks at nothing finds nothing.
    if files.is_empty() {
        return Err(Failure::unknown(format!("`{}` has no files", root.display())));
    }
    Ok(files)
}

/// The file, unless it is a link, removed but not yet committed, or no text.
fn read(root: &Path, path: &str) -> Result<Option<SourceFile>, Failure> {
    let file = root.join(path);
    if !file.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(None);
    }
    match fs::read_to_string(&file) {
        Ok(text) => Ok(Some(SourceFile::new(path, text))),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", file.display())),
    }
}

fn git(arguments: &[&str], folder: &Path) -> Result<String, Failure> {
    let output = Command::new("git").args(arguments).current_dir(folder).output().context("cannot start git")?;
    let message = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(Failure::unknown(format!("git {} ended with {}: {}", arguments[0], output.status, message.trim())));
    }
    String::from_utf8(output.stdout).map_err(|_| Failure::unknown("a path is not UTF-8"))
}
