//! What `image push` prints: bars on a terminal, lines elsewhere, and the results where nobody reads them to their end.

use std::fs::File;
use std::io::{Read as _, pipe};
use std::process::{Output, Stdio};

use parts::terminal;

use super::{command, push, stderr};
use crate::support::registry::Registry;
use crate::support::services::Services;

const TAG: [&str; 2] = ["--tag", "v1.0.0"];

#[test]
fn lines_say_when_each_blob_starts_and_is_done() {
    let (registry, services) = (Registry::start(), Services::new());
    let service = services.add("api", "one");
    let text = stderr(&push(registry.address(), &services.spec(&[&service]), &TAG).success());
    let own = service.images.iter().flat_map(|image| [&image.config, &image.layer]);
    for blob in own.chain([&service.images[0].base]) {
        let lines: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix(&format!("api: {}: ", &blob[7..19]))).collect();
        assert!(matches!(lines.as_slice(), [start, "sent"] if start.starts_with("sending ")), "{text}");
    }
    assert!(text.lines().last().unwrap().starts_with("api      v1.0.0  sha256:"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text:?}");
}

#[test]
fn a_terminal_has_bars() {
    let (registry, services) = (Registry::start(), Services::new());
    let spec = services.spec(&[&services.add("api", "one")]);
    let (mut terminal, side) = terminal::open();
    let mut command = command(registry.address(), &spec, &TAG);
    let mut process = command.env("TERM", "xterm").stdout(Stdio::null()).stderr(side).spawn().unwrap();
    // What is left of this end would keep the terminal from ending.
    drop(command);
    let mut shown = Vec::new();
    // A terminal whose other end is closed ends with an error.
    let _ = terminal.read_to_end(&mut shown);
    assert!(process.wait().unwrap().success());
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains("\u{1b}[") && !shown.contains("sending"), "{shown:?}");
    assert!(shown.trim_end().lines().last().unwrap().contains("api      v1.0.0  sha256:"), "{shown:?}");
}

/// What a push of two services says, one of which is refused.
fn refused(arguments: &[&str], stdout: Stdio, stderr: Stdio) -> Output {
    let (registry, services) = (Registry::start(), Services::new());
    let old = services.add("api", "old");
    push(registry.address(), &services.spec(&[&old]), &TAG).success();
    let spec = services.spec(&[&services.add("api", "new"), &services.add("vault", "new")]);
    let mut command = command(registry.address(), &spec, &[&TAG, arguments].concat());
    let output = command.stdout(stdout).stderr(stderr).spawn().unwrap().wait_with_output().unwrap();
    assert!(registry.tag("unkeyed/vault", "v1.0.0").is_some());
    output
}

/// One end of a pipe whose other end is closed, as behind `| true`.
fn closed() -> Stdio {
    pipe().unwrap().1.into()
}

/// Makes what the tool writes its results to.
type Stdout = fn() -> Stdio;

#[test]
fn what_nobody_reads_changes_neither_results_nor_status() {
    let full: Stdout = || File::options().write(true).open("/dev/full").unwrap().into();
    let cases: [(&[&str], Stdout, i32); 3] = [(&[], closed, 1), (&["--json"], closed, 1), (&[], full, 2)];
    for (arguments, stdout, status) in cases {
        let output = refused(arguments, stdout(), Stdio::piped());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains("\nvault    v1.0.0  sha256:"), "{said}");
        assert!(said.contains("error: service `api`: ") && said.contains("hint: published tags never move"), "{said}");
        assert_eq!(said.contains("error: cannot write to stdout: "), status == 2, "{said}");
    }
    let output = refused(&[], Stdio::piped(), closed());
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("/unkeyed/vault@sha256:"));
    assert_eq!(refused(&[], closed(), closed()).status.code(), Some(1));
}
