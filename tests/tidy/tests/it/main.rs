//! The one integration binary of `tidy`: the built linter in repositories made by git itself. What each rule catches is
//! tested beside the rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

#[test]
fn a_tidy_repository_ends_with_0() {
    let repository = Repository::new();
    repository.write("a.rs", "//! A.\n");
    tidy(repository.path()).success().stdout("");
}

#[test]
fn what_is_found_is_printed_and_ends_with_1() {
    let repository = Repository::new();
    repository.write("build/a.rs", "fn a() {}\n");
    let found = tidy(repository.path()).code(1).get_output().stdout.clone();
    let found = String::from_utf8(found).unwrap();
    assert!(found.starts_with("build/a.rs:1: ") && found.ends_with("(module-comment)\n"), "{found}");
    assert_eq!(found.lines().count(), 1, "{found}");
}

#[test]
fn what_is_committed_and_what_is_new_is_looked_at_and_what_is_ignored_or_gone_is_not() {
    let repository = Repository::new();
    for name in ["committed.rs", "gone.rs"] {
        repository.write(name, "fn a() {}\n");
    }
    git(repository.path(), &["add", "."]);
    fs::remove_file(repository.path().join("gone.rs")).unwrap();
    repository.write(".gitignore", "/ignored.rs\n");
    repository.write("ignored.rs", "fn a() {}\n");
    repository.write("new.rs", "fn a() {}\n");
    let found = tidy(repository.path()).code(1).get_output().stdout.clone();
    let found = String::from_utf8(found).unwrap();
    let mut paths: Vec<_> = found.lines().filter_map(|line| line.split(':').next()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["committed.rs", "new.rs"]);
}

#[test]
fn a_path_of_this_machine_is_found() {
    let repository = Repository::new();
    repository.write("a.md", &format!("cd {}/a\n", repository.path().canonicalize().unwrap().display()));
    let found = tidy(repository.path()).code(1).get_output().stdout.clone();
    assert!(String::from_utf8(found).unwrap().contains("(machine-path)"));
}

#[test]
fn without_a_repository_it_cannot_tell_and_ends_with_2() {
    let folder = TempDir::new().unwrap();
    let error = tidy(folder.path()).code(2).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    assert!(error.starts_with("error: git rev-parse ended with "), "{error}");
    assert!(error.ends_with("\n\nhint: start it in a clone of the repository\n"), "{error}");
}

#[test]
fn without_a_file_it_cannot_tell() {
    let repository = Repository::new();
    tidy(repository.path()).code(2);
}

struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        git(folder.path(), &["init", "--quiet"]);
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let ended = Command::new("git").args(arguments).current_dir(folder).status().unwrap();
    assert!(ended.success(), "git {arguments:?}");
}

/// Runs the built linter in a folder. Cargo says at compile time where it is, Bazel in the environment of the test.
fn tidy(folder: &Path) -> assert_cmd::assert::Assert {
    const VARIABLE: &str = "CARGO_BIN_EXE_tidy";
    let built = option_env!("CARGO_BIN_EXE_tidy").map(PathBuf::from).filter(|path| path.exists());
    let path = built.or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
    let path = std::path::absolute(path.expect("the test knows where `tidy` is")).unwrap();
    assert_cmd::Command::new(path).current_dir(folder).env("GIT_CEILING_DIRECTORIES", "/").assert()
}
