//! Crates that carry C build for both platforms where the toolchains are the airgap root's, and their binaries run.

use std::path::Path;

use crate::command::{command, stdout};
use crate::workspace::Workspace;

#[test]
fn the_amd64_binary_runs() {
    assert_runs("amd64", "x86_64", &["env"]);
}

#[test]
fn the_arm64_binary_runs() {
    assert_runs("arm64", "aarch64", &["qemu-aarch64"]);
}

/// Builds the example for one platform and starts it by the program that is named.
fn assert_runs(architecture: &str, machine: &str, start: &[&str]) {
    let target = format!("//airgap/toolchains/example:zstd_example_linux_{architecture}");
    if !Path::new("/opt/airgap/complete").exists() {
        // Online there is no C compiler for musl, which is why what goes into an image is pure Rust.
        Workspace::own().run(&["query", &target]).succeeded();
        return;
    }
    let binary = Workspace::own().build(&[], &target);
    let mut started = command(start[0]);
    assert_eq!(stdout(started.args(&start[1..]).arg(binary)), format!("zstd works on {machine}"));
}
