//! Data on stdout, whole or as far as somebody reads it.

use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};

use serde::Serialize;

/// Prints `text` as it is. A reader that goes away, as `head` does, is no error.
///
/// # Errors
/// When stdout cannot be written.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), format!("cannot write to stdout: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Prints each value on a line of its own.
///
/// # Errors
/// When stdout cannot be written.
pub fn print_lines(values: impl IntoIterator<Item = impl Display>) -> io::Result<()> {
    let mut text = String::new();
    for value in values {
        let _ = writeln!(text, "{value}");
    }
    print(&text)
}

/// Prints `value` as indented JSON with a final newline.
///
/// # Errors
/// When stdout cannot be written, or `value` is none that JSON has, such as a map with keys that are no texts.
pub fn print_json(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    print(&format!("{text}\n"))
}
