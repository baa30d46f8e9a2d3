//! `services new`: checks everything, writes everything, and has cargo lock the new crates; or leaves nothing behind.

use std::path::Path;
use std::process::Stdio;

use release_tag::ServiceName;
use services::scaffold;
use services::tree::Tree;
use terminal::{Context as _, Exit, Failure, stderr};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::NewArgs;

/// Cargo, of the version that Bazel builds with.
const CARGO: &str = "dev/cargo.sh";

/// What cargo writes.
const LOCK: &str = "Cargo.lock";

#[tokio::main(flavor = "current_thread")]
pub async fn run(repository: &Path, arguments: &NewArgs) -> Result<Exit, Failure> {
    // From here on Ctrl-C ends nothing by itself: what is written by then has to be taken back.
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut tree = Tree::new(repository);
    let description = arguments.description.as_deref().filter(|text| !text.is_empty());
    let name = scaffold::scaffold(&mut tree, &arguments.name, description)?;
    let mut applied = tree.apply()?;
    applied.watch(LOCK)?;
    stderr::print_line(&format!("services: having cargo lock the crates of `{name}`"));
    let mut cargo = lock(repository)?;
    let locked = tokio::select! {
        locked = cargo.wait() => Some(locked.context("cannot wait for cargo")?),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    let Some(locked) = locked else {
        // Dead before its file is restored: it may be about to write it.
        let _ = cargo.kill().await;
        drop(applied);
        stderr::print_line("services: interrupted, nothing is changed");
        return Ok(Exit::Interrupted);
    };
    if !locked.success() {
        let message = format!("cargo does not take the crates of `{name}`, nothing is changed");
        return Err(Failure::unknown(message).with_hint("what it says is above"));
    }
    for change in applied.changes().iter().filter(|change| change.before.is_none()) {
        println!("{}", change.path);
    }
    applied.keep();
    stderr::print_line(&next_steps(&name));
    Ok(Exit::Success)
}

/// `metadata` writes what the lock lacks and changes nothing else in it.
fn lock(repository: &Path) -> Result<Child, Failure> {
    let script = std::path::absolute(repository.join(CARGO))?;
    let mut cargo = Command::new(script);
    cargo.args(["metadata", "--quiet", "--format-version", "1"]).current_dir(repository);
    cargo.stdin(Stdio::null()).stdout(Stdio::null());
    cargo.spawn().with_context(|| format!("cannot start `{CARGO}`"))
}

fn next_steps(name: &ServiceName) -> String {
    format!(
        "services: `{name}` is there; what it does goes into svc/{name}/src\n\
         services: next: cargo test -p {name} -p {name}-command; make push SERVICE={name}; make oci-load SERVICE={name}"
    )
}
