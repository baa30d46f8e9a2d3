//! What jobs hand on to each other, in place of `actions/upload-artifact` and `actions/download-artifact`: as through GitHub, files
//! arrive without their modes, and hidden ones not at all.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use terminal::{Context as _, Failure};

/// The artifacts of a rehearsal.
#[derive(Debug)]
pub struct Artifacts {
    folder: PathBuf,
}

impl Artifacts {
    /// None yet; they will be in this folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Hands a folder on under a name. How many files it has.
    pub fn upload(&self, name: &str, from: &Path) -> Result<usize, Failure> {
        let to = self.folder.join(name);
        if to.exists() {
            return Err(Failure::refused(format!("there is an artifact `{name}` already")));
        }
        let copied = if from.is_dir() { copy(from, &to).context("cannot keep the artifact")? } else { 0 };
        if copied == 0 {
            return Err(Failure::refused(format!("no files were found at `{}`", from.display())));
        }
        Ok(copied)
    }

    /// Puts what was handed on under a name into a folder. How many files it has.
    pub fn download(&self, name: &str, to: &Path) -> Result<usize, Failure> {
        let from = self.folder.join(name);
        if !from.exists() {
            return Err(Failure::refused(format!("there is no artifact `{name}`")));
        }
        copy(&from, to).context("cannot take the artifact")
    }
}

/// Copies the files of a folder, also those that links lead to; folders without files are left out. How many there are.
fn copy(from: &Path, to: &Path) -> io::Result<usize> {
    let mut copied = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let target = to.join(entry.file_name());
        if fs::metadata(entry.path())?.is_dir() {
            copied += copy(&entry.path(), &target)?;
        } else {
            fs::create_dir_all(to)?;
            fs::copy(entry.path(), &target)?;
            fs::set_permissions(&target, Permissions::from_mode(0o644))?;
            copied += 1;
        }
    }
    Ok(copied)
}
