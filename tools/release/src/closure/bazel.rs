//! Closures as Bazel knows them: what an image's target depends on as it is built, and what the packages of that load.
//!
//! Asks for configured targets: only they tell which toolchains are used, and a query of unconfigured ones fails where a
//! branch of a `select` that is never taken leads nowhere. BUILD and `.bzl` files are no dependencies of targets, so a
//! second question is for them. Modules count where they are folders of this repository.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Closure, ClosureError, Closures, join};
use crate::bazel::Bazel;

/// Asks the repository's own Bazel.
#[derive(Debug, Clone)]
pub struct BazelClosures {
    bazel: Bazel,
    output_base: OnceCell<PathBuf>,
}

/// `@@repository//package:name`; the main repository has no name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Label<'a> {
    repository: &'a str,
    package: &'a str,
    name: &'a str,
}

impl BazelClosures {
    /// Of the work tree that this Bazel is in.
    #[must_use]
    pub fn new(bazel: Bazel) -> Self {
        Self { bazel, output_base: OnceCell::new() }
    }

    /// Runs a command of Bazel for a service's image and returns what it prints.
    fn ask(&self, target: &str, arguments: &[&str]) -> Result<String, ClosureError> {
        let output = self.bazel.output(arguments)?;
        let failed = |message: String| ClosureError::Query { target: target.to_owned(), message };
        if !output.status.success() {
            return Err(failed(format!("{}, what it said is above", output.status)));
        }
        String::from_utf8(output.stdout).map_err(|_| failed("its answer is not UTF-8".to_owned()))
    }

    fn dependencies(&self, target: &str) -> Result<String, ClosureError> {
        let expression = format!("deps({target})");
        let format = "--starlark:expr=str(target.label)";
        let arguments = [&["cquery"], &QUIET[..], &["--output=starlark", format, "--", &expression]].concat();
        self.ask(target, &arguments)
    }

    fn build_files(&self, target: &str, packages: &BTreeSet<String>) -> Result<String, ClosureError> {
        let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
        let expression = format!("buildfiles(set({}))", packages.join(" "));
        let flags = ["--consistent_labels", "--order_output=no", "--", &expression];
        self.ask(target, &[&["query"], &QUIET[..], &flags].concat())
    }

    /// The folder of a module relative to the root; nothing for one that is no folder of this repository.
    fn folder(&self, target: &str, repository: &str) -> Result<Option<String>, ClosureError> {
        if repository.is_empty() {
            return Ok(Some(String::new()));
        }
        if self.output_base.get().is_none() {
            let answer = self.ask(target, &[&["info"], &QUIET[..], &["output_base"]].concat())?;
            let _ = self.output_base.set(PathBuf::from(answer.trim_end()));
        }
        let folder = self.output_base.get().map(|base| base.join("external").join(repository));
        Ok(folder.and_then(|folder| path_in(self.bazel.root(), &folder)))
    }
}

/// Nothing but answers and errors.
const QUIET: [&str; 3] = ["--noshow_progress", "--ui_event_filters=-info,-debug,-warning", "--color=no"];

impl Closures for BazelClosures {
    fn closure(&self, service: &str) -> Result<Closure, ClosureError> {
        let target = format!("//build/{service}:image");
        let dependencies = self.dependencies(&target)?;
        let dependencies: BTreeSet<Label> = dependencies.lines().filter_map(Label::parse).collect();
        let mut folders = Folders::default();
        let mut packages = BTreeSet::new();
        for label in &dependencies {
            if folders.of(label.repository, || self.folder(&target, label.repository))?.is_some() {
                packages.insert(format!("@@{}//{}:all", label.repository, label.package));
            }
        }
        let build_files = self.build_files(&target, &packages)?;
        let build_files = build_files.lines().filter_map(Label::parse);
        let mut paths = BTreeSet::new();
        for label in dependencies.into_iter().chain(build_files) {
            if let Some(folder) = folders.of(label.repository, || self.folder(&target, label.repository))? {
                paths.insert(join(folder, &join(label.package, label.name)));
            }
        }
        // Labels of rules look like those of files.
        paths.retain(|path| self.bazel.root().join(path).exists());
        Ok(Closure::new(paths))
    }
}

/// The folders of modules that were looked for already.
#[derive(Default)]
struct Folders(BTreeMap<String, Option<String>>);

impl Folders {
    fn of(
        &mut self,
        repository: &str,
        find: impl FnOnce() -> Result<Option<String>, ClosureError>,
    ) -> Result<Option<&str>, ClosureError> {
        if !self.0.contains_key(repository) {
            self.0.insert(repository.to_owned(), find()?);
        }
        Ok(self.0.get(repository).and_then(Option::as_deref))
    }
}

impl<'a> Label<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (repository, rest) = text.split_once("//")?;
        let (package, name) = rest.split_once(':')?;
        Some(Self { repository: repository.trim_start_matches('@'), package, name })
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
    fn labels_are_taken_apart() {
        for (text, expected) in [
            ("@@//build/api:main.rs", Some(("", "build/api", "main.rs"))),
            ("//:Cargo.lock", Some(("", "", "Cargo.lock"))),
            ("@@rules_oci~//oci/private:image.bzl", Some(("rules_oci~", "oci/private", "image.bzl"))),
            ("@@a//b:src/c:d.rs", Some(("a", "b", "src/c:d.rs"))),
            ("nothing", None),
            ("", None),
        ] {
            let expected = expected.map(|(repository, package, name)| Label { repository, package, name });
            assert_eq!(Label::parse(text), expected, "`{text}`");
        }
    }

    #[test]
    fn modules_that_are_folders_of_the_repository_are_found_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repository");
        fs::create_dir_all(root.join("rules")).unwrap();
        fs::create_dir(folder.path().join("elsewhere")).unwrap();
        let link = folder.path().join("external");
        std::os::unix::fs::symlink(root.join("rules"), &link).unwrap();
        assert_eq!(path_in(&root, &link).unwrap(), "rules");
        assert_eq!(path_in(&root, &folder.path().join("elsewhere")), None);
        assert_eq!(path_in(&root, &folder.path().join("missing")), None);
    }

    #[test]
    fn a_bazel_that_fails_is_no_closure() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let bazels = BazelClosures::new(Bazel::new(folder.path()));
        assert!(matches!(bazels.closure("api"), Err(ClosureError::Bazel(_))));
        let program = folder.path().join("bazelw");
        fs::write(&program, "#!/bin/sh\nexit 7\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let error = bazels.closure("api").unwrap_err();
        let expected = "Bazel cannot tell what `//build/api:image` depends on: exit status: 7, what it said is above";
        assert_eq!(error.to_string(), expected);
    }
}
