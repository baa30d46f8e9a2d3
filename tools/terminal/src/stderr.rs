//! Text for people on stderr. That nobody reads it any more, as behind `2>&1 | head`, changes nothing of what a tool does.

use std::io::{self, Write as _};

/// Prints `text` as it is.
pub fn print(text: &str) {
    // There is no other place to say that it failed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Prints `text` and ends the line.
pub fn print_line(text: &str) {
    print(&format!("{text}\n"));
}
