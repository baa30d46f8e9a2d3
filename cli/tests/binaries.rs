//! The client's programs for Linux, as Bazel builds them for a release: held to the contract of the services' programs.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// Where Bazel puts the program for an architecture: `BUILD.bazel` sets it.
fn program(architecture: &str) -> PathBuf {
    env::var_os(format!("LINUX_{}", architecture.to_uppercase())).expect("run by Bazel").into()
}

#[test]
fn each_is_static_and_for_its_machine() {
    for architecture in ["amd64", "arm64"] {
        let findings = image::check::check_program(&program(architecture), architecture).expect("a file");
        assert!(findings.is_empty(), "{architecture}: {findings:?}");
    }
}

#[test]
fn the_one_for_this_machine_runs() {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let output = Command::new(program(architecture)).arg("version").output().expect("a program");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("linux/{architecture}")), "{output:?}");
}
