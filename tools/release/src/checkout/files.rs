//! Makes a folder hold the files of a commit and nothing besides, and proves it: by path, by mode and by content.
//!
//! Owns the comparison, which is done before anything is touched and again after anything was. A file's content is compared
//! by the name that git gives to it, without any filter; `.git` at the top is left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::ops::Bound;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::tree::{Entry, Kind, Tree};
use super::{CheckoutError, failure, remove};
use crate::git::{Git, ObjectId};
use crate::history;

/// How many files are held in memory at once.
const CHUNK: usize = 500;

/// The folder's own repository.
const REPOSITORY: &str = ".git";

/// How a folder differs from a commit.
#[derive(Debug, Default, PartialEq, Eq)]
struct Differences {
    /// What is there and should not be, or is of another kind.
    extra: Vec<PathBuf>,
    /// What is not there, or has another content.
    missing: Vec<PathBuf>,
}

/// Makes `folder` what `tree` says. Contents come from `source`; `own` is git in the folder.
pub(super) fn make(
    folder: &Path,
    tree: &Tree,
    source: &Git,
    own: &Git,
    commit: &ObjectId,
) -> Result<(), CheckoutError> {
    let links = links(tree, source)?;
    let before = compare(folder, tree, &links, own)?;
    for path in &before.extra {
        let path = folder.join(path);
        remove(&path).map_err(failure(&path))?;
    }
    for paths in before.missing.chunks(CHUNK) {
        write(folder, tree, paths, source)?;
    }
    if before == Differences::default() {
        return Ok(());
    }
    let after = compare(folder, tree, &links, own)?;
    match after.extra.into_iter().chain(after.missing).next() {
        None => Ok(()),
        Some(path) => Err(CheckoutError::Differs { path: folder.join(path), commit: commit.clone() }),
    }
}

/// Where the links of a commit lead.
type Links<'a> = BTreeMap<&'a Path, Vec<u8>>;

fn links<'a>(tree: &'a Tree, source: &Git) -> Result<Links<'a>, CheckoutError> {
    let links: Vec<(&PathBuf, &Entry)> = tree.iter().filter(|(_, entry)| entry.kind == Kind::Link).collect();
    let objects: Vec<ObjectId> = links.iter().map(|(_, entry)| entry.object.clone()).collect();
    let contents = history::bytes(source, &objects)?;
    Ok(links.into_iter().map(|(path, _)| path.as_path()).zip(contents).collect())
}

fn compare(folder: &Path, tree: &Tree, links: &Links, own: &Git) -> Result<Differences, CheckoutError> {
    let mut scan = Scan { folder, tree, links, right: BTreeSet::new(), to_hash: Vec::new(), extra: Vec::new() };
    scan.walk(Path::new(""))?;
    let Scan { mut right, to_hash, extra, .. } = scan;
    for (path, object) in to_hash.iter().zip(hashes(own, &to_hash)?) {
        if tree.get(*path).is_some_and(|entry| Some(&entry.object) == object.as_ref()) {
            right.insert(path);
        }
    }
    let missing = tree.keys().filter(|path| !right.contains(path.as_path())).cloned().collect();
    Ok(Differences { extra, missing })
}

/// A walk through a folder, beside what should be there.
struct Scan<'a> {
    folder: &'a Path,
    tree: &'a Tree,
    links: &'a Links<'a>,
    /// What is as it should be.
    right: BTreeSet<&'a Path>,
    /// Files that are so if their content is.
    to_hash: Vec<&'a Path>,
    extra: Vec<PathBuf>,
}

impl Scan<'_> {
    fn walk(&mut self, below: &Path) -> Result<(), CheckoutError> {
        let folder = self.folder.join(below);
        for entry in fs::read_dir(&folder).map_err(failure(&folder))? {
            let entry = entry.map_err(failure(&folder))?;
            let path = below.join(entry.file_name());
            if path != Path::new(REPOSITORY) {
                self.visit(path, &entry)?;
            }
        }
        Ok(())
    }

    fn visit(&mut self, path: PathBuf, entry: &DirEntry) -> Result<(), CheckoutError> {
        let metadata = entry.metadata().map_err(failure(&entry.path()))?;
        let Some((known, wanted)) = self.tree.get_key_value(&path) else {
            return if metadata.is_dir() && has_below(self.tree, &path) {
                self.walk(&path)
            } else {
                self.extra.push(path);
                Ok(())
            };
        };
        if kind(&metadata) != Some(wanted.kind) {
            self.extra.push(path);
            return Ok(());
        }
        match wanted.kind {
            Kind::Plain | Kind::Program => self.to_hash.push(known),
            Kind::Link => {
                let target = fs::read_link(entry.path()).map_err(failure(&entry.path()))?;
                if self.links.get(known.as_path()).is_some_and(|link| target.as_os_str().as_bytes() == link) {
                    self.right.insert(known);
                } else {
                    self.extra.push(path);
                }
            }
            Kind::Submodule => {
                self.right.insert(known);
                // All in it is extra.
                self.walk(&path)?;
            }
        }
        Ok(())
    }
}

/// Whether a commit has files below this path.
fn has_below(tree: &Tree, path: &Path) -> bool {
    let mut after = tree.range::<Path, _>((Bound::Excluded(path), Bound::Unbounded));
    after.next().is_some_and(|(next, _)| next.starts_with(path))
}

/// What of a commit this could be; nothing where it is neither, also by its mode.
fn kind(metadata: &Metadata) -> Option<Kind> {
    let kind = metadata.file_type();
    match metadata.permissions().mode() & 0o7777 {
        _ if kind.is_symlink() => Some(Kind::Link),
        _ if kind.is_dir() => Some(Kind::Submodule),
        0o644 if kind.is_file() => Some(Kind::Plain),
        0o755 if kind.is_file() => Some(Kind::Program),
        _ => None,
    }
}

/// The names that git gives to the contents of these files, as they are.
fn hashes(own: &Git, paths: &[&Path]) -> Result<Vec<Option<ObjectId>>, CheckoutError> {
    let input: Vec<u8> = paths.iter().flat_map(|path| quoted(path.as_os_str().as_bytes())).collect();
    let output = own.read_with_input(&["hash-object", "--no-filters", "--stdin-paths"], input)?;
    Ok(String::from_utf8_lossy(&output).lines().map(ObjectId::parse).collect())
}

/// A path on a line of its own, in the form that git takes for any name: as a string of C.
fn quoted(path: &[u8]) -> Vec<u8> {
    let mut line = vec![b'"'];
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            line.push(byte);
        } else {
            line.extend(format!("\\{byte:03o}").into_bytes());
        }
    }
    line.extend(b"\"\n");
    line
}

fn write(folder: &Path, tree: &Tree, paths: &[PathBuf], source: &Git) -> Result<(), CheckoutError> {
    let entries: Vec<(&PathBuf, &Entry)> = paths.iter().filter_map(|path| tree.get_key_value(path)).collect();
    let (submodules, files): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(_, entry)| entry.kind == Kind::Submodule);
    for (path, _) in submodules {
        let path = folder.join(path);
        fs::create_dir_all(&path).map_err(failure(&path))?;
    }
    let objects: Vec<ObjectId> = files.iter().map(|(_, entry)| entry.object.clone()).collect();
    for ((path, entry), content) in files.into_iter().zip(history::bytes(source, &objects)?) {
        let path = folder.join(path);
        write_one(&path, entry.kind, &content).map_err(failure(&path))?;
    }
    Ok(())
}

fn write_one(path: &Path, kind: Kind, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Not written over: what else has the old file, by a link, keeps it.
    remove(path)?;
    if kind == Kind::Link {
        return symlink(OsStr::from_bytes(content), path);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(content)?;
    // Whatever the user's mask is.
    file.set_permissions(Permissions::from_mode(if kind == Kind::Program { 0o755 } else { 0o644 }))
}
