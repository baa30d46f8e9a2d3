//! Progress on stderr: one display of bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::sync::Arc;

use image::progress::{Progress, Transfer};
use indicatif::{DecimalBytes, MultiProgress, ProgressBar, ProgressStyle};

/// A bar's columns. The template is checked by a test.
const TEMPLATE: &str = "{msg:32!} {wide_bar} {decimal_bytes:>10}/{decimal_total_bytes:10} {decimal_bytes_per_sec:>12}";

/// The display that fits where stderr goes.
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

/// One line a transfer, for logs.
struct Lines;

impl Progress for Lines {
    fn start(&self, label: &str, size: u64) -> Arc<dyn Transfer> {
        match size {
            0 => eprintln!("{label}: sending"),
            _ => eprintln!("{label}: sending {}", DecimalBytes(size)),
        }
        Arc::new(image::progress::Silent)
    }

    fn note(&self, line: &str) {
        eprintln!("{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_valid() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
