//! Ctrl-C and SIGTERM: the rehearsal ends what it has started before it ends itself.

use std::io;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// What a shell says of a program that Ctrl-C has ended.
const STATUS: i32 = 130;

static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Takes the signals from now on: the first is remembered, the second ends the program where it is.
///
/// # Errors
/// When the system has no thread or no handler for it.
pub fn watch() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (mut interrupts, mut terminations) = {
        let _guard = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! { _ = interrupts.recv() => {}, _ = terminations.recv() => {} }
                if IS_INTERRUPTED.swap(true, Ordering::Relaxed) {
                    process::exit(STATUS);
                }
            }
        });
    })?;
    Ok(())
}

/// Whether somebody has interrupted the program since [`watch`].
#[must_use]
pub fn is_requested() -> bool {
    IS_INTERRUPTED.load(Ordering::Relaxed)
}
