//! Ctrl-C, and the SIGTERM of a runner that gives up: after either, no program is started any more and nobody waits.
//!
//! Owns that state, and the one runtime. Verbs are ordinary functions that call `wait` where they talk to others over the network;
//! what blocks (git, Bazel, the file system) is never called by asynchronous code: `wait` inside of `wait` panics.

pub(crate) mod process;

use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use terminal::Diagnostic;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How long a signal to a whole group of processes may take from the first to the last.
const SIGNAL_DELAY: Duration = Duration::from_millis(50);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads can be started")
});

static STATE: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// What was begun does not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

impl Diagnostic for Interrupted {}

impl From<Interrupted> for io::Error {
    fn from(interrupted: Interrupted) -> Self {
        Self::new(io::ErrorKind::Interrupted, interrupted)
    }
}

/// From now on the signals interrupt what runs instead of ending the program.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn listen() -> io::Result<()> {
    let _runtime = RUNTIME.enter();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    RUNTIME.spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        begin();
    });
    Ok(())
}

/// Interrupts, as a signal does.
pub fn begin() {
    STATE.send_replace(true);
}

/// Whether the program was interrupted.
#[must_use]
pub fn has_begun() -> bool {
    *STATE.borrow()
}

/// Goes on only where the program was not interrupted.
///
/// # Errors
/// When it was.
pub fn check() -> Result<(), Interrupted> {
    if has_begun() { Err(Interrupted) } else { Ok(()) }
}

/// Waits a moment for a signal: what was started gets it too, and may have ended of it before this program has heard of it.
pub fn settle() {
    let _ = RUNTIME.block_on(async { timeout(SIGNAL_DELAY, begun()).await });
}

/// Waits for this long.
///
/// # Errors
/// When the program was interrupted.
pub fn pause(time: Duration) -> Result<(), Interrupted> {
    wait(async { sleep(time).await })
}

/// Runs something to its end.
///
/// # Errors
/// When the program was interrupted: then it is dropped.
pub fn wait<F: Future>(work: F) -> Result<F::Output, Interrupted> {
    RUNTIME.block_on(async {
        tokio::select! {
            biased;
            () = begun() => Err(Interrupted),
            done = work => Ok(done),
        }
    })
}

/// Runs something that ends by itself when the program is interrupted.
pub(crate) fn run<F: Future>(work: F) -> F::Output {
    RUNTIME.block_on(work)
}

/// Returns when the program is interrupted.
pub(crate) async fn begun() {
    // The sender is never dropped.
    let _ = STATE.subscribe().wait_for(|has_begun| *has_begun).await;
}
