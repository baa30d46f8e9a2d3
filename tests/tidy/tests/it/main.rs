//! The one integration binary of `tidy`: the built linter in repositories made by git itself. What each rule catches is
//! tested beside the rules.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

#[test]
fn what_is_committed_and_what_is_new_is_looked_at_and_what_is_ignored_or_gone_is_not() {
    let folder = repository();
    for name in ["committed.rs", "gone.rs"] {
        write(&folder, name, "fn a() {}\n");
    }
    git(folder.path(), &["add", "."]);
    fs::remove_file(folder.path().join("gone.rs")).unwrap();
    write(&folder, ".gitignore", "/ignored.rs\n");
    write(&folder, "ignored.rs", "fn a() {}\n");
    write(&folder, "tidy.rs", "//! A.\n");
    tidy(folder.path()).code(1);
    write(&folder, "committed.rs", "//! A.\n");
    tidy(folder.path()).success().stdout("");
    write(&folder, "new.md", &format!("cd {}/a\n", folder.path().canonicalize().unwrap().display()));
    let found = tidy(folder.path()).code(1).get_output().stdout.clone();
    let found = String::from_utf8(found).unwrap();
    assert!(found.starts_with("new.md:1: ") && found.ends_with("(machine-path)\n"), "{found}");
}

#[test]
fn without_a_repository_or_a_file_it_cannot_tell_and_ends_with_2() {
    let folder = TempDir::new().unwrap();
    let error = tidy(folder.path()).code(2).get_output().stderr.clone();
    let error = String::from_utf8(error).unwrap();
    assert!(error.starts_with("error: git rev-parse ended with "), "{error}");
    assert!(error.ends_with("\n\nhint: start it in a clone of the repository\n"), "{error}");
    tidy(repository().path()).code(2);
}

/// An empty one.
fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    folder
}

fn write(repository: &TempDir, name: &str, text: &str) {
    fs::write(repository.path().join(name), text).unwrap();
}

fn git(folder: &Path, arguments: &[&str]) {
    let ended = Command::new("git").args(arguments).current_dir(folder).status().unwrap();
    assert!(ended.success(), "git {arguments:?}");
}

/// Runs the built linter in a folder.
fn tidy(folder: &Path) -> assert_cmd::assert::Assert {
    let mut tidy = assert_cmd::Command::new(parts::program!("tidy"));
    tidy.current_dir(folder).env("GIT_CEILING_DIRECTORIES", "/").assert()
}
