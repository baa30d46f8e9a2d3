//! The files of a repository, with changes that are not on disk yet: what is wanted is known whole before anything is written.
//!
//! Owns reading, and writing all changes or none. What is in a file is the caller's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::Error;

/// A repository's files. Paths are relative to its root, with `/` between their parts.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    /// Each file's new text; none for one that goes.
    wanted: BTreeMap<String, Option<String>>,
}

/// One file that is to become another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Relative to the repository.
    pub path: String,
    /// Its text; none where there is no such file.
    pub before: Option<String>,
    /// Its new text; none for one that goes.
    pub after: Option<String>,
}

impl Tree {
    /// The files below this folder.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), wanted: BTreeMap::new() }
    }

    /// A file's text; none where there is no such file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, path: &str) -> Result<Option<String>, Error> {
        match self.wanted.get(path) {
            Some(text) => Ok(text.clone()),
            None => self.on_disk(path),
        }
    }

    fn on_disk(&self, path: &str) -> Result<Option<String>, Error> {
        match fs::read_to_string(self.root.join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if is_no_file(error.kind()) => Ok(None),
            Err(source) => Err(Error::Read { path: path.to_owned(), source }),
        }
    }

    /// What is directly in a folder, sorted; nothing where there is no such folder.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn entries(&self, folder: &str) -> Result<BTreeSet<String>, Error> {
        let mut names = BTreeSet::new();
        let failed = |source| Error::Read { path: folder.to_owned(), source };
        match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => {
                for entry in entries {
                    // A name that is no UTF-8 is nothing that could be generated or be a service.
                    names.extend(entry.map_err(failed)?.file_name().into_string());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(failed(source)),
        }
        let below = |path: &str| Some(path.strip_prefix(folder)?.strip_prefix('/')?.split('/').next()?.to_owned());
        names.extend(self.wanted.iter().filter(|(_, text)| text.is_some()).filter_map(|(path, _)| below(path)));
        Ok(names)
    }

    /// Says what a file is to hold.
    pub fn write(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.wanted.insert(path.into(), Some(text.into()));
    }

    /// Says that a file is to go.
    pub fn remove(&mut self, path: impl Into<String>) {
        self.wanted.insert(path.into(), None);
    }

    /// What differs from the disk, by path.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn changes(&self) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        for (path, after) in &self.wanted {
            let before = self.on_disk(path)?;
            if before != *after {
                changes.push(Change { path: path.clone(), before, after: after.clone() });
            }
        }
        Ok(changes)
    }

    /// Writes all changes. They are taken back when the result is dropped without [`Applied::keep`].
    ///
    /// # Errors
    /// When a file cannot be written; nothing is changed then.
    pub fn apply(&self) -> Result<Applied, Error> {
        let mut applied = Applied { root: self.root.clone(), done: Vec::new(), folders: Vec::new() };
        for change in self.changes()? {
            applied.apply(change)?;
        }
        Ok(applied)
    }
}

/// Changes that are on disk and can be taken back.
#[derive(Debug)]
pub struct Applied {
    root: PathBuf,
    done: Vec<Change>,
    /// Folders that were made, each before those in it.
    folders: Vec<PathBuf>,
}

impl Applied {
    /// What was changed.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.done
    }

    /// Leaves everything as it is now.
    pub fn keep(mut self) {
        self.done.clear();
        self.folders.clear();
    }

    /// Also takes back what others do to this file from now on.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn watch(&mut self, path: &str) -> Result<(), Error> {
        let before = Tree::new(&self.root).on_disk(path)?;
        self.done.push(Change { path: path.to_owned(), before: before.clone(), after: before });
        Ok(())
    }

    fn apply(&mut self, change: Change) -> Result<(), Error> {
        let path = self.root.join(&change.path);
        let failed = |source| Error::Write { path: change.path.clone(), source };
        let missing = path.ancestors().skip(1).take_while(|folder| !folder.exists()).map(Path::to_owned);
        let mut missing: Vec<PathBuf> = missing.collect();
        missing.reverse();
        for folder in missing {
            fs::create_dir(&folder).map_err(failed)?;
            self.folders.push(folder);
        }
        put(&path, change.after.as_deref()).map_err(failed)?;
        self.done.push(change);
        Ok(())
    }
}

impl Drop for Applied {
    fn drop(&mut self) {
        for change in self.done.iter().rev() {
            // What cannot be taken back is still told by git.
            let _ = put(&self.root.join(&change.path), change.before.as_deref());
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Nothing is there, a part of the path is a file, or a folder is there.
fn is_no_file(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}

/// In one step: whoever reads the file meanwhile sees the one text or the other.
fn put(path: &Path, text: Option<&str>) -> io::Result<()> {
    let Some(text) = text else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    let mode = fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode());
    fs::set_permissions(file.path(), fs::Permissions::from_mode(mode))?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(root: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                found.push(entry.path().strip_prefix(root).unwrap().display().to_string());
                folders.extend(Some(entry.path()).filter(|path| path.is_dir()));
            }
        }
        found.sort();
        found
    }

    #[test]
    fn what_is_wanted_is_read_before_it_is_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old"), "old").unwrap();
        let mut tree = Tree::new(folder.path());
        tree.write("build/api/main.rs", "x");
        tree.remove("old");
        assert_eq!(tree.read("build/api/main.rs").unwrap().as_deref(), Some("x"));
        assert_eq!(tree.read("old").unwrap(), None);
        assert_eq!(tree.entries("build").unwrap(), BTreeSet::from(["api".to_owned()]));
        assert_eq!(files(folder.path()), ["old"]);
    }

    #[test]
    fn kept_changes_stay_and_others_leave_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old"), "old").unwrap();
        fs::write(folder.path().join("lock"), "1").unwrap();
        let mut tree = Tree::new(folder.path());
        tree.write("a/b/new", "new");
        tree.write("old", "changed");
        let mut applied = tree.apply().unwrap();
        assert_eq!(applied.changes().len(), 2);
        assert_eq!(files(folder.path()), ["a", "a/b", "a/b/new", "lock", "old"]);
        applied.watch("lock").unwrap();
        fs::write(folder.path().join("lock"), "2").unwrap();
        drop(applied);
        assert_eq!(files(folder.path()), ["lock", "old"]);
        assert_eq!(fs::read_to_string(folder.path().join("old")).unwrap(), "old");
        assert_eq!(fs::read_to_string(folder.path().join("lock")).unwrap(), "1");
        tree.apply().unwrap().keep();
        assert_eq!(fs::read_to_string(folder.path().join("old")).unwrap(), "changed");
        assert_eq!(tree.changes().unwrap(), []);
    }

    #[test]
    fn a_failure_half_way_takes_back_what_was_done() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let mut tree = Tree::new(folder.path());
        tree.write("a/new", "new");
        tree.write("file/new", "cannot be");
        let error = tree.apply().unwrap_err();
        assert_eq!(error.to_string(), "cannot write `file/new`");
        assert_eq!(files(folder.path()), ["file"]);
    }
}
