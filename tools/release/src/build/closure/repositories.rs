//! Where Bazel's repositories lie: the main one, modules that are folders of it, and the others in Bazel's output base.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::join;
use super::label::Label;

pub(super) struct Repositories {
    root: PathBuf,
    external: PathBuf,
    /// The folders relative to the root, by the repository's name; nothing for one that is no folder of the main repository.
    folders: BTreeMap<String, Option<String>>,
}

impl Repositories {
    pub(super) fn new(root: &Path, output_base: &Path) -> Self {
        let folders = BTreeMap::from([(String::new(), Some(String::new()))]);
        Self { root: root.to_owned(), external: output_base.join("external"), folders }
    }

    /// Whether a label's repository is a folder of the main one, or that itself.
    pub(super) fn has(&mut self, label: &Label) -> bool {
        self.folder(label.package.repository).is_some()
    }

    /// The path of a file or folder relative to the root, where there is one in the main repository.
    pub(super) fn existing(&mut self, label: &Label) -> Option<String> {
        let path = join(self.folder(label.package.repository)?, &join(label.package.folder, label.name));
        self.root.join(&path).exists().then_some(path)
    }

    /// Where the file of a label lies, in any repository.
    pub(super) fn place(&self, label: &Label) -> PathBuf {
        let repository = label.package.repository;
        let repository = if repository.is_empty() { self.root.clone() } else { self.external.join(repository) };
        repository.join(label.package.folder).join(label.name)
    }

    fn folder(&mut self, repository: &str) -> Option<&str> {
        if !self.folders.contains_key(repository) {
            let folder = path_in(&self.root, &self.external.join(repository));
            self.folders.insert(repository.to_owned(), folder);
        }
        self.folders.get(repository)?.as_deref()
    }
}

/// The path relative to the root of what is below it, through links.
fn path_in(root: &Path, path: &Path) -> Option<String> {
    let (root, path) = (fs::canonicalize(root).ok()?, fs::canonicalize(path).ok()?);
    path.strip_prefix(root).ok()?.to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_that_are_folders_of_the_repository_are_found_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repository");
        fs::create_dir_all(root.join("rules/deep")).unwrap();
        fs::write(root.join("rules/deep/image.bzl"), "").unwrap();
        fs::write(root.join("main.rs"), "").unwrap();
        fs::create_dir_all(folder.path().join("base/external/elsewhere")).unwrap();
        std::os::unix::fs::symlink(root.join("rules"), folder.path().join("base/external/rules~")).unwrap();
        let mut repositories = Repositories::new(&root, &folder.path().join("base"));
        for (label, expected) in [
            ("@@//:main.rs", Some("main.rs")),
            ("@@//rules:deep/image.bzl", Some("rules/deep/image.bzl")),
            ("@@rules~//deep:image.bzl", Some("rules/deep/image.bzl")),
            ("@@rules~//deep:missing.bzl", None),
            ("@@elsewhere//:BUILD.bazel", None),
            ("@@missing//:BUILD.bazel", None),
        ] {
            let label = Label::parse(label).unwrap();
            assert_eq!(repositories.existing(&label).as_deref(), expected, "{label:?}");
            assert_eq!(repositories.place(&label).exists(), expected.is_some(), "{label:?}");
        }
    }
}
