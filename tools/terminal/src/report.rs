//! How errors are shown: one line with the whole chain, then what to do about it.

use crate::stderr;

/// Prints on stderr what is wrong, and what to do about it.
pub fn print_problem(message: &str, hint: Option<&str>) {
    stderr::print_line(&format!("error: {message}"));
    if let Some(hint) = hint {
        stderr::print_line(&format!("\nhint: {hint}"));
    }
}

/// Prints an error on stderr, and the hint that one of its causes gives.
pub fn print_error(error: &anyhow::Error, hint: Option<&str>) {
    print_problem(&format!("{error:#}"), hint);
}
