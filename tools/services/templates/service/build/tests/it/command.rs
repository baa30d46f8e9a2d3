//! What can be typed, and what is printed for it.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The path of the binary under test. Cargo sets it while it compiles, Bazel when it runs.
const BINARY: &str = "CARGO_BIN_EXE_{{ name }}";

/// The binary, with no variable that could change what it does, and how it ended: exit status, stdout, stderr.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let path = option_env!("CARGO_BIN_EXE_{{ name }}").map(PathBuf::from).filter(|path| path.exists());
    let path = path.or_else(|| env::var_os(BINARY).map(PathBuf::from)).expect("the binary");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("unknown.toml"), "region = \"local\"\nnosuch = 1\n").expect("written");
    let mut command = Command::new(fs::canonicalize(path).expect("the binary"));
    let output = command.args(arguments).env_clear().current_dir(folder.path()).output().expect("started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_version_goes_to_stdout() {
    let (code, stdout, stderr) = run(&["--version"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let version = stdout.strip_prefix("{{ name }} ").expect("the service's name");
    assert!(version.starts_with("dev\n") || version.starts_with('v'), "{version}");
}

#[test]
fn help_says_what_it_is_for() {
    let (code, stdout, _) = run(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("--config <PATH>"), "{stdout}");
}

#[test]
fn an_unknown_key_is_named_and_exits_64() {
    let (code, stdout, stderr) = run(&["--config", "unknown.toml"]);
    assert_eq!((code, stdout.as_str()), (Some(64), ""));
    assert!(stderr.starts_with("error: `unknown.toml:2`: unknown key `nosuch`\n"), "{stderr}");
}
