//! Rules for shell scripts that shellcheck does not know.

use super::long_functions;
use crate::{Finding, Language, SourceFile};

/// A script says what it is for, and how it is called, before it does anything.
pub(super) fn header(file: &SourceFile) -> Vec<Finding> {
    let comment = file.text().lines().find(|line| !line.starts_with("#!"));
    let is_said = comment.is_some_and(|line| line.starts_with("# ") && !line.starts_with("# shellcheck"));
    if file.language() != Language::Shell || is_said {
        return Vec::new();
    }
    vec![Finding::at(file, 0, "the script does not open with a comment: say what it is for")]
}

/// What fails ends the script, unless a comment above says why not. What is sourced has the settings of who sources it.
pub(super) fn strict(file: &SourceFile) -> Vec<Finding> {
    let is_run = file.language() == Language::Shell && file.text().starts_with("#!");
    let settings = file.lines().find(|(_, line)| line.starts_with("set -"));
    match settings {
        _ if !is_run => Vec::new(),
        Some((_, "set -euo pipefail")) => Vec::new(),
        Some((index, _)) if file.lines().nth(index - 1).is_some_and(|(_, line)| line.starts_with("# ")) => Vec::new(),
        _ => {
            vec![Finding::at(file, 0, "the script does not `set -euo pipefail`: do so, or say above its `set` why not")]
        }
    }
}

/// A function is read at a glance.
pub(super) fn function_length(file: &SourceFile) -> Vec<Finding> {
    if file.language() != Language::Shell {
        return Vec::new();
    }
    // The brace that closes it counts to what comes next.
    long_functions(file, |line| line.strip_suffix("() {").filter(|name| !name.starts_with(' ')), |line| line == "}")
}
