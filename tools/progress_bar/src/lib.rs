//! Progress on stderr: one display of bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{DecimalBytes, MultiProgress, ProgressBar, ProgressStyle};
use terminal::progress::{Progress, Transfer};
use terminal::stderr;

/// A bar's columns. The template is checked by a test.
const TEMPLATE: &str = "{msg:32!} {wide_bar} {decimal_bytes:>10}/{decimal_total_bytes:10} {decimal_bytes_per_sec:>12}";

/// The display that fits where stderr goes.
#[must_use]
pub fn on_stderr() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bars::default()) } else { Box::new(Lines) }
}

/// One bar a transfer; each disappears when it is done.
#[derive(Default)]
struct Bars {
    display: MultiProgress,
}

impl Progress for Bars {
    fn start(&self, label: &str, size: u64) -> Arc<dyn Transfer> {
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = self.display.add(ProgressBar::new(size).with_style(style).with_message(label.to_owned()));
        bar.tick();
        Arc::new(Bar(bar))
    }

    fn note(&self, line: &str) {
        // A terminal that is gone is no reason to fail.
        let _ = self.display.println(line);
    }
}

struct Bar(ProgressBar);

impl Transfer for Bar {
    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    fn restart(&self) {
        self.0.reset();
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A line when a transfer starts, one when it is done, and now and then one in between, for logs.
struct Lines;

/// How often a transfer that takes long says how far it is.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

impl Progress for Lines {
    fn start(&self, label: &str, size: u64) -> Arc<dyn Transfer> {
        match size {
            0 => stderr::print_line(&format!("{label}: sending")),
            _ => stderr::print_line(&format!("{label}: sending {}", DecimalBytes(size))),
        }
        Arc::new(Line { label: label.to_owned(), state: Mutex::new(LineState { sent: 0, said: Instant::now() }) })
    }

    fn note(&self, line: &str) {
        stderr::print_line(line);
    }
}

struct Line {
    label: String,
    state: Mutex<LineState>,
}

struct LineState {
    sent: u64,
    said: Instant,
}

impl LineState {
    /// Counts, and says whether it is time for a line.
    fn advance(&mut self, bytes: u64, now: Instant) -> bool {
        self.sent += bytes;
        let is_due = now.duration_since(self.said) >= LINE_INTERVAL;
        if is_due {
            self.said = now;
        }
        is_due
    }
}

impl Line {
    /// A panic elsewhere leaves numbers that are good enough.
    fn state(&self) -> MutexGuard<'_, LineState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transfer for Line {
    fn advance(&self, bytes: u64) {
        let mut state = self.state();
        if state.advance(bytes, Instant::now()) {
            stderr::print_line(&format!("{}: {} so far", self.label, DecimalBytes(state.sent)));
        }
    }

    fn restart(&self) {
        self.state().sent = 0;
    }

    fn finish(&self) {
        stderr::print_line(&format!("{}: sent", self.label));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_valid() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }

    #[test]
    fn a_long_transfer_says_something_now_and_then() {
        let start = Instant::now();
        let mut state = LineState { sent: 0, said: start };
        let due: Vec<_> = (0..12).map(|second| state.advance(1, start + Duration::from_secs(second))).collect();
        let seconds: Vec<_> = (0..12).filter(|second| due[*second]).collect();
        assert_eq!((seconds.as_slice(), state.sent), ([5, 10].as_slice(), 12));
    }
}
