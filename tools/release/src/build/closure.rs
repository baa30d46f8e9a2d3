//! Which files can change a service's image or the client, and whether a change is one of them.
//!
//! Owns that decision. It must not call an image unchanged that is not; the reverse costs a line in a list. What counts:
//!
//! * every file that the image's target depends on as Bazel knows it, tools and toolchains included, and the BUILD and
//!   `.bzl` files that say so: asked of the present work tree, by `bazel`;
//! * a file that is gone, and a new BUILD file, in a package of those: Bazel cannot name what is no longer or was not yet
//!   part of a glob;
//! * what holds for every image and is no target's dependency: `EVERY_IMAGE`;
//! * of `Cargo.lock` and the manifests what reaches the service's crates: `cargo`, which names the one gap.
//!
//! For the client, which only on Linux is built by Bazel, count also `CLIENT` and what Cargo's profiles say.
//!
//! What does not count: version and commit, which a release is stamped with, and how Bazel and the compilers come to the
//! machine.

mod bazel;
mod graph;
mod label;
mod loads;
mod repositories;

mod cargo;
pub mod changes;

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::path::Path;

use serde::Serialize;
use services::CLI;

use crate::error::Error;
use crate::git::FileChange;

pub use bazel::BazelClosures;
pub use cargo::Crates;

use label::BUILD_FILES;

/// Decide about every image, although Bazel does not list them: which modules, flags and Bazel there are.
const EVERY_IMAGE: [&str; 5] = [".bazelignore", ".bazelrc", ".bazelversion", "MODULE.bazel", "REPO.bazel"];

/// Decide about the client. The BUILD file is the one of the package that Cargo's files are held against.
const CLIENT: [&str; 6] = [CLI, "cli/BUILD.bazel", ".goreleaser.yaml", "dev/goreleaser.sh", "dev/npm.sh", "tools/npm"];

/// Knows what the images of services and the client depend on.
pub trait Closures {
    /// What can change the image of each of these services, by the service's name.
    ///
    /// # Errors
    /// When that cannot be told of one of them.
    fn closures(&self, services: &[&str]) -> Result<BTreeMap<String, Closure>, Error>;

    /// The folder whose files they are of, where that is another than the clone.
    fn root(&self) -> Option<&Path> {
        None
    }
}

/// The files that can change one service's image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closure {
    /// Files and whole folders, relative to the repository's root.
    paths: BTreeSet<String>,
}

/// What a change of one file means for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It cannot change it.
    Outside,
    /// It can.
    Inside,
    /// That depends on which crates it is about.
    Crates,
}

impl Closure {
    /// Of these files and folders.
    #[must_use]
    pub fn new(paths: impl IntoIterator<Item = String>) -> Self {
        Self { paths: paths.into_iter().collect() }
    }

    /// What the command line client is made of beside what Bazel knows: its folder, and how it is packed and published.
    #[must_use]
    pub fn of_cli() -> Self {
        Self::new(CLIENT.map(str::to_owned))
    }

    /// With what another one has.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.paths.extend(other.paths);
        self
    }

    /// All files and folders.
    #[must_use]
    pub fn paths(&self) -> &BTreeSet<String> {
        &self.paths
    }

    /// Whether `folder` is a package that the image depends on.
    #[must_use]
    pub fn has_package(&self, folder: &str) -> bool {
        BUILD_FILES.iter().any(|name| self.paths.contains(&join(folder, name)))
    }

    /// What a change means.
    #[must_use]
    pub fn reach(&self, change: &FileChange) -> Reach {
        let path = change.path.as_str();
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_listed = |path: &str| self.paths.contains(path) || EVERY_IMAGE.contains(&path);
        if iter::successors(Some(path), |path| parent(path)).any(is_listed) {
            return Reach::Inside;
        }
        if name == "Cargo.toml" || path == "Cargo.lock" {
            return Reach::Crates;
        }
        let changes_globs = change.new.is_none() || (change.old.is_none() && BUILD_FILES.contains(&name));
        if changes_globs && self.is_in_package(folder) { Reach::Inside } else { Reach::Outside }
    }

    /// Whether a file of this folder can have been part of a package that the image depends on. The root's package is no
    /// answer for what lies deeper: there are packages between them that the image does not depend on.
    fn is_in_package(&self, folder: &str) -> bool {
        let mut folders = iter::successors(Some(folder), |folder| parent(folder));
        folders.any(|candidate| self.has_package(candidate) && (!candidate.is_empty() || folder.is_empty()))
    }
}

/// The folder that a path is in; `""` is the root, which is in nothing.
fn parent(path: &str) -> Option<&str> {
    if path.is_empty() { None } else { Some(path.rsplit_once('/').map_or("", |(folder, _)| folder)) }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::ObjectId;

    fn change(path: &str, letter: char) -> FileChange {
        let object = ObjectId::parse(&"a".repeat(40));
        let (old, new) = match letter {
            'A' => (None, object),
            'D' => (object, None),
            _ => (object.clone(), object),
        };
        FileChange { path: path.to_owned(), old, new }
    }

    #[test]
    fn what_reaches_an_image() {
        let paths =
            ["build/api/BUILD.bazel", "build/api/main.rs", "svc/api/BUILD.bazel", "svc/api/src/lib.rs", "assets"];
        let closure = Closure::new(paths.map(str::to_owned));
        for (letter, path, expected) in [
            ('M', "build/api/main.rs", Reach::Inside),
            ('M', "svc/api/src/lib.rs", Reach::Inside),
            ('M', "svc/api/BUILD.bazel", Reach::Inside),
            ('M', "assets/deep/logo.svg", Reach::Inside),
            // Listed by nobody, and part of no target.
            ('M', "svc/api/README.md", Reach::Outside),
            ('A', "svc/api/tests/new.rs", Reach::Outside),
            ('M', "svc/apis/src/lib.rs", Reach::Outside),
            ('M', "build/worker/main.rs", Reach::Outside),
            ('M', "README.md", Reach::Outside),
            // May have been part of a glob, or may now split one.
            ('D', "svc/api/src/old.rs", Reach::Inside),
            ('A', "svc/api/src/routes/BUILD.bazel", Reach::Inside),
            ('D', "svc/worker/src/old.rs", Reach::Outside),
            ('A', "svc/worker/BUILD.bazel", Reach::Outside),
            ('D', "README.md", Reach::Outside),
            // Of every image.
            ('M', "MODULE.bazel", Reach::Inside),
            ('M', ".bazelrc", Reach::Inside),
            ('M', "docs/MODULE.bazel", Reach::Outside),
            // Another question.
            ('M', "Cargo.lock", Reach::Crates),
            ('M', "Cargo.toml", Reach::Crates),
            ('D', "svc/worker/Cargo.toml", Reach::Crates),
            ('M', "fuzz/Cargo.lock", Reach::Outside),
        ] {
            assert_eq!(closure.reach(&change(path, letter)), expected, "{letter} {path}");
        }
    }

    #[test]
    fn a_root_package_speaks_for_its_own_files() {
        let closure = Closure::new(["BUILD.bazel".to_owned()]);
        assert_eq!(closure.reach(&change("gone.txt", 'D')), Reach::Inside);
        assert_eq!(closure.reach(&change("docs/gone.txt", 'D')), Reach::Outside);
    }
}
