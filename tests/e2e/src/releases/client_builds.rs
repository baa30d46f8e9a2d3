//! What cargo is told of a release's programs that Bazel does not build. Scripts play rustup and the compilers.

use std::env;
use std::fs;

use parts::files::{write, write_program};
use tempfile::TempDir;

use crate::command::{Ended, command, ended};
use crate::environment::PATH;

/// Calls cargo for a program for macOS, where cargo's own file has this text. `cargo` writes what it sees into `seen`, and fails.
fn build(folder: &TempDir, settings: &str) -> Ended {
    let path = |name: &str| folder.path().join(name);
    write(&path("cargo-home/config.toml"), settings);
    write_program(&path("programs/rustup"), "#!/bin/sh\n");
    write_program(&path("programs/rustc"), "#!/bin/sh\necho /nowhere\n");
    write_program(&path("programs/cargo"), format!("#!/bin/sh\nenv >'{}'\nexit 7\n", path("seen").display()));
    let programs = format!("{}:{}", path("programs").display(), env::var(PATH).expect("a PATH"));
    let mut script = command("cli/goreleaser/binary.sh");
    script.args(["build", "--target=x86_64-apple-darwin"]).env(PATH, programs);
    ended(script.env("CARGO_HOME", path("cargo-home")).env("CARGO_TARGET_DIR", path("target")))
}

#[test]
fn settings_of_a_machine_that_change_programs_are_refused() {
    for settings in [
        "[profile.release]\nopt-level = 0\n",
        "[net]\nretry = 1\n\n[ profile.release.package.ring ]\n",
        "[env]\nUNKEY_VERSION = \"v9.9.9\"\n",
        "profile.release.debug = true\n",
        "[[patch.crates-io]]\n",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        build(&folder, settings)
            .exited(2)
            .complains(&["cargo-home/config.toml` changes what cargo makes", "hint: a release is made without"]);
        assert!(!folder.path().join("seen").exists(), "{settings}");
    }
}

#[test]
fn settings_of_a_machine_that_change_none_are_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings =
        "[source.mirror]\nregistry = \"sparse+https://mirror.example/\"\n[build]\nrustc-wrapper = \"sccache\"\n";
    build(&folder, settings).exited(7);
    let seen = fs::read_to_string(folder.path().join("seen")).expect("what cargo sees");
    for line in ["CARGO_INCREMENTAL=0", "RUSTC_WRAPPER=", "RUSTC_WORKSPACE_WRAPPER="] {
        assert!(seen.lines().any(|one| one == line), "no `{line}` in {seen}");
    }
}
