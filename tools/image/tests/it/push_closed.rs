//! `image push` whose output nobody reads to its end: what has been done and refused is told wherever somebody does.

use std::fs::File;
use std::io::pipe;
use std::process::{Command, Output, Stdio};

use super::push::push;
use super::registry::Registry;
use super::services::Services;

/// What a push of two services says, one of which is refused.
fn refused(arguments: &[&str], stdout: Stdio, stderr: Stdio) -> Output {
    let (registry, services) = (Registry::start(), Services::new());
    let old = services.add("api", "old");
    push(registry.address(), &services.spec(&[&old]), &["--tag", "v1.0.0"]).success();
    let spec = services.spec(&[&services.add("api", "new"), &services.add("vault", "new")]);
    let mut command = Command::new(super::image().get_program());
    command
        .args(["push", "--tag", "v1.0.0", "--registry", &format!("{}/unkeyed", registry.address()), "--spec"])
        .arg(&spec)
        .args(arguments)
        .env("DOCKER_CONFIG", services.path("no-config"))
        .stdout(stdout)
        .stderr(stderr);
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    assert!(registry.tag("unkeyed/vault", "v1.0.0").is_some());
    output
}

/// One end of a pipe whose other end is closed, as behind `| true`.
fn closed() -> Stdio {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_closed_stdout_hides_neither_the_table_nor_a_refusal() {
    for arguments in [&[][..], &["--json"]] {
        let output = refused(arguments, closed(), Stdio::piped());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("\nvault    v1.0.0  sha256:"), "{said}");
        assert!(said.contains("error: service `api`: ") && said.contains("hint: published tags never move"), "{said}");
    }
}

#[test]
fn a_closed_stderr_changes_neither_the_results_nor_the_status() {
    let output = refused(&[], Stdio::piped(), closed());
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("/unkeyed/vault@sha256:"));
    assert_eq!(refused(&[], closed(), closed()).status.code(), Some(1));
}

#[test]
fn results_that_cannot_be_written_are_an_error_after_all_else() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let output = refused(&[], full().into(), Stdio::piped());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("\nvault    v1.0.0  sha256:") && said.contains("error: service `api`: "), "{said}");
    assert!(said.contains("error: cannot write to stdout: "), "{said}");
}
