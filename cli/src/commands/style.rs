//! The few colours on stderr: only where a person sees them and wants them.

use std::io::{self, IsTerminal as _};

use unkey::environment::{self, NO_COLOR};

/// What went well.
pub fn good(text: &str) -> String {
    painted(text, "32")
}

/// What did not.
pub fn bad(text: &str) -> String {
    painted(text, "31")
}

fn painted(text: &str, colour: &str) -> String {
    let is_wanted = environment::read(NO_COLOR).is_none() && io::stderr().is_terminal();
    if is_wanted { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
}
