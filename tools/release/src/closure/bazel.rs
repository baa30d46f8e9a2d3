//! Closures as Bazel knows them: one query a service.
//!
//! A query and not a configured one: it takes every branch of a `select`, needs no analysis, and is done in a second.
//! Toolchains are not part of it; `EVERY_IMAGE` has the folder that registers them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Closure, ClosureError, Closures};

/// Asks the repository's own Bazel.
#[derive(Debug, Clone)]
pub struct BazelClosures {
    root: PathBuf,
}

impl BazelClosures {
    /// Of the repository with this root.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that starts Bazel")]
    fn query(&self, target: &str) -> Result<String, ClosureError> {
        let program = self.root.join("bazelw");
        let output = Command::new(&program)
            .current_dir(&self.root)
            .args(["query", "--noshow_progress", "--ui_event_filters=-info", "--color=no"])
            // Locations tell where a file really is, also of a module that is a folder of this repository.
            .args(["--output=location", "--order_output=no", "--"])
            .arg(format!("let targets = deps({target}) in $targets + buildfiles($targets)"))
            .stdin(Stdio::null())
            // Getting Bazel can take minutes: whoever waits sees it.
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| ClosureError::Start { program, source })?;
        let failed = |message: String| ClosureError::Query { target: target.to_owned(), message };
        if !output.status.success() {
            return Err(failed(format!("{}, what it said is above", output.status)));
        }
        String::from_utf8(output.stdout).map_err(|_| failed("its answer is not UTF-8".to_owned()))
    }
}

impl Closures for BazelClosures {
    fn closure(&self, service: &str) -> Result<Closure, ClosureError> {
        let target = format!("//build/{service}:image");
        let failed = |source| ClosureError::Read { path: self.root.clone(), source };
        let root = fs::canonicalize(&self.root).map_err(failed)?;
        let answer = self.query(&target)?;
        let files: BTreeSet<&str> = answer.lines().filter_map(file_of_location).collect();
        let paths = files.into_iter().filter_map(|file| path_in_repository(Path::new(file), &root));
        Ok(Closure::new(paths))
    }
}

/// The file of `FILE:LINE:COLUMN: what is there`.
fn file_of_location(line: &str) -> Option<&str> {
    let place = |text: &str| {
        let (number, rest) = text.split_once(':')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(rest.len())
    };
    line.match_indices(':').map(|(end, _)| end).find_map(|end| {
        let rest = &line[end + 1..];
        let after_line = rest.len() - place(rest)?;
        place(&rest[after_line..])?;
        Some(&line[..end])
    })
}

/// The path relative to the root of what is in the repository. Folders that Bazel knows under another path are links.
fn path_in_repository(file: &Path, root: &Path) -> Option<String> {
    let inside = |file: &Path| file.strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned);
    inside(file).or_else(|| inside(&fs::canonicalize(file).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_taken_apart() {
        for (line, expected) in [
            ("/r/build/api/main.rs:1:1: source file //build/api:main.rs", Some("/r/build/api/main.rs")),
            ("/r/a:b/BUILD.bazel:12:10: rust_binary rule //a:b", Some("/r/a:b/BUILD.bazel")),
            ("/r/a:1/BUILD.bazel:12:10: rust_binary rule //a:1:2", Some("/r/a:1/BUILD.bazel")),
            ("no location", None),
            ("", None),
        ] {
            assert_eq!(file_of_location(line), expected);
        }
    }

    #[test]
    fn files_of_the_repository_are_found_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("repository");
        fs::create_dir_all(root.join("rules")).unwrap();
        fs::write(root.join("rules/defs.bzl"), "").unwrap();
        let link = root.with_file_name("external");
        std::os::unix::fs::symlink(root.join("rules"), &link).unwrap();
        let find = |file: PathBuf| path_in_repository(&file, &root);
        assert_eq!(find(root.join("build/x.rs")).unwrap(), "build/x.rs");
        assert_eq!(find(link.join("defs.bzl")).unwrap(), "rules/defs.bzl");
        assert_eq!(find(PathBuf::from("/elsewhere/defs.bzl")), None);
    }
}
