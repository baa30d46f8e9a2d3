//! How programs are run: to their end, with all that they print in memory, and not at all once this program was interrupted.

use std::io;
use std::process::{Command, Output};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;
use tokio::time::timeout;

use crate::interruption::{self, Interrupted};

/// How long one may take to end by itself: Ctrl-C in a terminal reaches it too, and a second one would make Bazel leave in a
/// hurry.
const GRACE: Duration = Duration::from_secs(1);

/// How long one that was asked to end may take for that.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a shell says of a program that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// Runs a program that reads `input`, where its stdin is a pipe; what it prints is taken where that goes to pipes. When this program
/// is interrupted the other one is asked to end, and waited for.
///
/// # Errors
/// When it cannot be started, and when it or this program was interrupted.
pub(crate) fn run(command: Command, input: &[u8]) -> io::Result<Output> {
    interruption::check()?;
    interruption::run(async {
        let mut child = tokio::process::Command::from(command).spawn()?;
        tokio::select! {
            output = talk(&mut child, input) => output,
            () = interruption::begun() => {
                end(&mut child).await;
                Err(Interrupted.into())
            }
        }
    })
}

async fn talk(child: &mut Child, input: &[u8]) -> io::Result<Output> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // One that died without reading everything tells why by its exit status.
            let _ = stdin.write_all(input).await;
        }
    };
    // Beside each other: it answers while it is asked, and pipes are finite.
    let ((), stdout, stderr) = tokio::join!(write, read(stdout), read(stderr));
    let output = Output { status: child.wait().await?, stdout: stdout?, stderr: stderr? };
    if was_interrupted(&output) {
        interruption::begin();
        return Err(Interrupted.into());
    }
    Ok(output)
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// A signal to the whole group of processes may be seen by its effect before it comes here.
fn was_interrupted(output: &Output) -> bool {
    use std::os::unix::process::ExitStatusExt as _;

    output.status.signal() == Some(Signal::INT.as_raw()) || output.status.code() == Some(INTERRUPTED)
}

/// As Ctrl-C does: Bazel's server gives up what it builds and is there for the next command, git removes its locks.
async fn end(child: &mut Child) {
    if timeout(GRACE, child.wait()).await.is_ok() {
        return;
    }
    if let Some(process) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
        let _ = kill_process(process, Signal::INT);
    }
    if timeout(PATIENCE, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}
