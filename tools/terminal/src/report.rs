//! How a problem is printed by tools whose errors are `anyhow`'s.

use crate::Failure;

/// Prints on stderr what is wrong, and what to do about it.
pub fn print_problem(message: &str, hint: Option<&str>) {
    let failure = Failure::unknown(message);
    match hint {
        Some(hint) => failure.with_hint(hint).print(),
        None => failure.print(),
    }
}

/// Prints an error on stderr, and the hint that one of its causes gives.
pub fn print_error(error: &anyhow::Error, hint: Option<&str>) {
    print_problem(&format!("{error:#}"), hint);
}
