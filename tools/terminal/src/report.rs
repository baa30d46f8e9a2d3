//! How errors are shown: one line with the whole chain, then what to do about it.

/// Prints an error on stderr, and the hint that one of its causes gives.
pub fn print_error(error: &anyhow::Error, hint: Option<&str>) {
    eprintln!("error: {error:#}");
    if let Some(hint) = hint {
        eprintln!("\nhint: {hint}");
    }
}
