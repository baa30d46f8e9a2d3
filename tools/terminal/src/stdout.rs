//! Data on stdout, whole or as far as somebody reads it.

use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};

use anyhow::Context as _;
use serde::Serialize;

/// Prints `text` as it is. A reader that goes away, as `head` does, is no error.
///
/// # Errors
/// When stdout cannot be written.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stdout"),
    }
}

/// Prints each value on a line of its own.
///
/// # Errors
/// When stdout cannot be written.
pub fn print_lines(values: impl IntoIterator<Item = impl Display>) -> anyhow::Result<()> {
    let mut text = String::new();
    for value in values {
        let _ = writeln!(text, "{value}");
    }
    print(&text)
}

/// Prints `value` as indented JSON with a final newline.
///
/// # Errors
/// When stdout cannot be written.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value).context("cannot write the result as JSON")?;
    print(&format!("{text}\n"))
}
