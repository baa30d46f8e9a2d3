//! Ctrl-C where it must not end the program at once: while the terminal is silenced, and while a deployment is waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// The exit status of a program that Ctrl-C has ended, as a shell says it.
const STATUS: i32 = 130;

/// Whether Ctrl-C was typed.
#[derive(Debug, Default)]
pub struct Interrupt {
    typed: Arc<AtomicBool>,
    /// Whether the next one ends the program.
    ends: Arc<AtomicBool>,
}

impl Interrupt {
    /// As long as the value lives, the first Ctrl-C is only noted; a second one ends the program with the status 130.
    #[must_use]
    pub fn noted() -> Self {
        let interrupt = Self::default();
        // In this order, so that the first one does not count as the second. Where the system takes no handler, Ctrl-C ends
        // the program as ever.
        let _ = flag::register_conditional_shutdown(SIGINT, STATUS, Arc::clone(&interrupt.ends));
        let _ = flag::register(SIGINT, Arc::clone(&interrupt.ends));
        let _ = flag::register(SIGINT, Arc::clone(&interrupt.typed));
        interrupt
    }

    /// From now on Ctrl-C ends the program with the status 130, on every system.
    pub fn ends_program() {
        drop(Self::noted());
    }

    /// Whether it was typed.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.typed.load(Ordering::Relaxed)
    }
}

/// From here on Ctrl-C ends the program, with the status 130 on every system.
impl Drop for Interrupt {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_noted() {
        let interrupt = Interrupt::noted();
        assert!(!interrupt.is_typed());
        signal_hook::low_level::raise(SIGINT).unwrap();
        assert!(interrupt.is_typed());
    }
}
