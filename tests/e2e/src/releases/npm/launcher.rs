//! The launcher by itself: nobody should notice that it is there.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use parts::files::{write, write_program};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use super::{STAND_IN, script};
use crate::command::{command, ended, stdout};
use crate::workspace;

/// The launcher as it is installed, beside nothing, and a client in another place.
struct Launcher {
    node: PathBuf,
    folder: TempDir,
}

impl Launcher {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // The node that npm runs with is the one that what it has installed runs with.
        let node = stdout(command(script("npm")).args(["exec", "--call", "command -v node"]));
        let source = workspace::root().join("tools/npm/launcher/unkey.js");
        let launcher = std::fs::read(source).expect("the launcher");
        write(&folder.path().join("bin/unkey.js"), launcher);
        let manifest =
            r#"{"optionalDependencies": {"@unkey/cli-linux-x64": "1.0.0", "@unkey/cli-win32-x64": "1.0.0"}}"#;
        write(&folder.path().join("package.json"), manifest);
        write_program(&folder.path().join("client"), STAND_IN);
        Self { node: node.into(), folder }
    }

    fn client(&self) -> PathBuf {
        self.folder.path().join("client")
    }

    /// Started with another client than the one that would be installed.
    fn with(&self, client: &Path, arguments: &[&str]) -> Command {
        let mut node = Command::new(&self.node);
        node.arg(self.folder.path().join("bin/unkey.js")).args(arguments).env("UNKEY_BINARY", client);
        node
    }

    /// How it ends after `signal` was sent to its process, or to its whole group, while the client runs.
    fn signalled(&self, arguments: &[&str], send: impl Fn(Pid)) -> ExitStatus {
        let mut launcher = self.with(&self.client(), arguments);
        let mut child = launcher.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("node");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        assert_eq!(lines.next().expect("a line").expect("text"), "ready");
        send(Pid::from_child(&child));
        child.wait().expect("waited")
    }
}

#[test]
fn how_the_client_ends_is_how_it_ends() {
    let launcher = Launcher::new();
    for code in [0, 1, 2, 130] {
        ended(&mut launcher.with(&launcher.client(), &["exit", &code.to_string()])).exited(code);
    }
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::KILL, Signal::SEGV] {
        let status = launcher.with(&launcher.client(), &["end", &signal.as_raw().to_string()]).status().expect("node");
        assert_eq!(status.signal(), Some(signal.as_raw()));
    }
    // Node cannot die of this one.
    ended(&mut launcher.with(&launcher.client(), &["end", "PIPE"])).exited(128 + Signal::PIPE.as_raw());
}

#[test]
fn what_it_is_told_by_signals_the_client_decides() {
    let launcher = Launcher::new();
    let terminate = |process| kill_process(process, Signal::TERM).expect("a signal");
    assert_eq!(launcher.signalled(&["wait"], terminate).code(), Some(7));
    // As the terminal does for Ctrl-C.
    let interrupt = |process| kill_process_group(process, Signal::INT).expect("a signal");
    assert_eq!(launcher.signalled(&["wait"], interrupt).code(), Some(9));
}

#[test]
fn stdin_and_both_outputs_are_the_clients() {
    let launcher = Launcher::new();
    let mut cat = launcher.with(Path::new("/bin/cat"), &["-", "/nowhere"]);
    let input = std::fs::File::open(launcher.client()).expect("a file");
    let output = cat.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("node");
    let output = output.wait_with_output().expect("waited");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), STAND_IN.as_bytes()));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere"));
}

#[test]
fn what_cannot_be_run_is_told() {
    let launcher = Launcher::new();
    let no_program = launcher.folder.path().join("package.json");
    for client in [Path::new("/nowhere"), &no_program] {
        let said = ended(&mut launcher.with(client, &["version"])).exited(2);
        said.complains(&[
            &format!("error: cannot run `{}`: ", client.display()),
            "hint: is it a binary for this platform",
        ]);
    }
    // An empty variable is none.
    ended(&mut launcher.with(Path::new(""), &[]))
        .exited(2)
        .complains(&["is not installed\n\nhint: install `unkey` again"]);
}

#[test]
fn a_platform_without_a_package_is_told() {
    let launcher = Launcher::new();
    let file = launcher.folder.path().join("bin/unkey.js");
    let elsewhere = format!(
        "Object.defineProperty(process, 'platform', {{value: 'freebsd'}}); require({:?})",
        file.display().to_string()
    );
    let said = ended(Command::new(&launcher.node).args(["-e", &elsewhere]).env_remove("UNKEY_BINARY")).exited(2);
    said.complains(&["error: there is no binary for freebsd-", ", only for linux-x64, win32-x64\n\nhint: build one"]);
}
