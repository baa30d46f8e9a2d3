//! What a commit says that there is: its files by their paths.
//!
//! Owns which names are taken. Git checks a name when it checks out; here that is not git.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::{CheckoutError, unusable};
use crate::git::{Git, ObjectId, unexpected};

/// All files of a commit, relative to its root.
pub(super) type Tree = BTreeMap<PathBuf, Entry>;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it is.
    pub(super) kind: Kind,
    /// Its content.
    pub(super) object: ObjectId,
}

/// What there is in a commit (gitdatamodel(7): "mode").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file that nobody executes.
    Plain,
    /// One that is executed.
    Program,
    /// A link; its content is where it leads.
    Link,
    /// Where another repository would be.
    Submodule,
}

/// Reads the files of a commit.
pub(super) fn read(git: &Git, commit: &ObjectId) -> Result<Tree, CheckoutError> {
    let arguments = ["ls-tree", "-r", "-z", "--full-tree", commit.as_str()];
    let output = git.read(&arguments)?;
    let mut tree = Tree::new();
    for line in output.split(|&byte| byte == 0).filter(|line| !line.is_empty()) {
        let (entry, name) = entry(line).ok_or_else(|| unexpected(&arguments))?;
        if !name.split(|&byte| byte == b'/').all(is_name) {
            return Err(unusable(commit, name));
        }
        tree.insert(Path::new(OsStr::from_bytes(name)).to_owned(), entry);
    }
    // What is a file and a folder at once could lead out of the checkout.
    let is_both = |path: &&PathBuf| path.ancestors().skip(1).any(|folder| tree.contains_key(folder));
    match tree.keys().find(is_both) {
        Some(path) => Err(unusable(commit, path.as_os_str().as_bytes())),
        None => Ok(tree),
    }
}

/// `<mode> <type> <object>`, a tab, the name.
fn entry(line: &[u8]) -> Option<(Entry, &[u8])> {
    let tab = line.iter().position(|&byte| byte == b'\t')?;
    let mut words = std::str::from_utf8(&line[..tab]).ok()?.split(' ');
    let kind = match words.next()? {
        "100644" => Kind::Plain,
        "100755" => Kind::Program,
        "120000" => Kind::Link,
        "160000" => Kind::Submodule,
        _ => return None,
    };
    let object = ObjectId::parse(words.nth(1)?)?;
    Some((Entry { kind, object }, &line[tab + 1..]))
}

fn is_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.eq_ignore_ascii_case(b".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A commit of a tree that git itself would not make.
    fn commit_of(names: &[(&str, &str)]) -> (tempfile::TempDir, Git, ObjectId) {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(folder.path());
        git.read(&["init", "--quiet"]).unwrap();
        let object = |arguments: &[&str], input: Vec<u8>| {
            let answer = git.read_with_input(arguments, input).unwrap();
            ObjectId::parse(String::from_utf8(answer).unwrap().trim()).unwrap()
        };
        let blob = object(&["hash-object", "-w", "--stdin"], b"text".to_vec());
        let mut bytes = Vec::new();
        for (mode, name) in names {
            bytes.extend(format!("{mode} {name}\0").into_bytes());
            let digits = blob.as_str().as_bytes().chunks(2);
            bytes.extend(digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()));
        }
        let tree = object(&["hash-object", "-w", "--literally", "-t", "tree", "--stdin"], bytes);
        let text = format!("tree {tree}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nX\n");
        let commit = object(&["hash-object", "-w", "-t", "commit", "--stdin"], text.into_bytes());
        (folder, git, commit)
    }

    #[test]
    fn files_are_read_with_what_they_are() {
        let (_folder, git, commit) =
            commit_of(&[("100644", "a\nb"), ("120000", "link"), ("160000", "module"), ("100755", "run")]);
        let tree = read(&git, &commit).unwrap();
        let kinds: Vec<_> = tree.iter().map(|(path, entry)| (path.to_str().unwrap(), entry.kind)).collect();
        let expected =
            [("a\nb", Kind::Plain), ("link", Kind::Link), ("module", Kind::Submodule), ("run", Kind::Program)];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["..", ".", ".git", ".GIT", "a/../b"] {
            let (_folder, git, commit) = commit_of(&[("100644", name)]);
            let error = read(&git, &commit).unwrap_err();
            assert!(matches!(&error, CheckoutError::Name { .. } | CheckoutError::Git(_)), "{name}: {error}");
        }
    }
}
