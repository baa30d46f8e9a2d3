//! What `image push` shows while it works: bars on a terminal, plain lines elsewhere.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::push::{push, stderr};
use super::registry::Registry;
use super::services::Services;

#[test]
fn lines_say_when_each_blob_starts_and_is_done() {
    let (registry, services) = (Registry::start(), Services::new());
    let service = services.add("api", "one");
    let text = stderr(&push(registry.address(), &services.spec(&[&service]), &["--tag", "v1.0.0"]).success());
    let blobs = [&service.images[0], &service.images[1]]
        .into_iter()
        .flat_map(|image| [&image.config, &image.layer])
        .chain([&service.images[0].base]);
    for blob in blobs {
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
    let (mut terminal, side) = terminal();
    let mut command = Command::new(super::image().get_program());
    command
        .args(["push", "--tag", "v1.0.0", "--registry", &format!("{}/unkeyed", registry.address()), "--spec"])
        .arg(&spec)
        .env("DOCKER_CONFIG", services.path("no-config"))
        .env("TERM", "xterm")
        .stdout(Stdio::null())
        .stderr(side);
    let mut process = command.spawn().unwrap();
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

/// A terminal, and the side that a program writes to.
fn terminal() -> (File, File) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let side = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let side = File::options().read(true).write(true).open(side).unwrap();
    (terminal.into(), side)
}
