//! Running one script: by bash, as a workflow with `shell: bash` does, in a process group of its own that Ctrl-C ends as a whole.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use terminal::{Context as _, Failure};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// How often a look is taken at whether a script has ended.
const GLANCE: Duration = Duration::from_millis(50);

/// How long an interrupted script may clean up.
const GRACE: Duration = Duration::from_secs(5);

static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether somebody has interrupted the program.
pub fn is_interrupted() -> bool {
    IS_INTERRUPTED.load(Ordering::Relaxed)
}

/// Takes Ctrl-C and SIGTERM from now on: the rehearsal ends what it has started before it ends itself. A second one ends it where
/// it is.
pub fn watch_for_interrupts() -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().context("cannot listen for Ctrl-C")?;
    let guard = runtime.enter();
    let (mut interrupts, mut terminations) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    drop(guard);
    thread::spawn(move || {
        loop {
            runtime.block_on(async {
                tokio::select! { _ = interrupts.recv() => {}, _ = terminations.recv() => {} }
            });
            if IS_INTERRUPTED.swap(true, Ordering::Relaxed) {
                process::exit(130);
            }
        }
    });
    Ok(())
}

/// Runs a script to its end. All that it prints goes to stderr: stdout is for the report.
pub fn run(script: &str, folder: &Path, environment: &BTreeMap<String, String>) -> Result<ExitStatus, Failure> {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
    command.current_dir(folder).env_clear().envs(environment);
    command.stdin(Stdio::null()).stdout(io::stderr()).process_group(0);
    let mut process = command.spawn().context("cannot run bash")?;
    loop {
        if is_interrupted() {
            end(&mut process)?;
            return Err(Failure::unknown("interrupted"));
        }
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        thread::sleep(GLANCE);
    }
}

/// Ends a script with all that it has started: first as Ctrl-C does, so that programs can clean up, then for good.
fn end(process: &mut Child) -> Result<(), Failure> {
    let group = Pid::from_child(process);
    // Where it has ended by now there is nothing to end.
    let _ = kill_process_group(group, Signal::INT);
    let deadline = Instant::now() + GRACE;
    while process.try_wait()?.is_none() && Instant::now() < deadline {
        thread::sleep(GLANCE);
    }
    let _ = kill_process_group(group, Signal::KILL);
    process.wait()?;
    Ok(())
}
