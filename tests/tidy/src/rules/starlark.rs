//! Rules for Starlark that buildifier does not know.

use super::long_functions;
use crate::{Finding, Language, SourceFile};

/// A file says what it declares before anything else.
pub(super) fn docstring(file: &SourceFile) -> Vec<Finding> {
    let first = file.code().find(|(_, line)| !line.trim().is_empty());
    if file.language() != Language::Bzl || first.is_some_and(|(_, line)| line.starts_with("\"\"\"")) {
        return Vec::new();
    }
    vec![Finding::at(file, 0, "the file does not open with a docstring: say what it declares")]
}

/// What is private is so for the loading phase too.
pub(super) fn visibility(file: &SourceFile) -> Vec<Finding> {
    let is_private = file.language() == Language::Bzl && file.path().contains("/private/");
    if !is_private || file.lines().any(|(_, line)| line.starts_with("visibility(")) {
        return Vec::new();
    }
    vec![Finding::at(file, 0, "the file is private, but who may load it is not said: call `visibility(...)`")]
}

/// Work is done by programs with arguments, not by text that a shell reads.
pub(super) fn no_shell(file: &SourceFile) -> Vec<Finding> {
    matching(
        file,
        |line| ["run_shell(", "genrule("].iter().any(|call| line.contains(call)),
        "a rule runs a shell: let a verb of a tool do the work",
    )
}

/// `%` takes a tuple apart, and fails in the message of another failure.
pub(super) fn fail_format(file: &SourceFile) -> Vec<Finding> {
    let is_percent = |line: &str| {
        let message = line.split_once("fail(").map(|(_, message)| message);
        message.is_some_and(|message| ["%s", "%r", "%d"].iter().any(|sign| message.contains(sign)))
    };
    matching(file, is_percent, "`fail` formats with `%`: use `.format(...)`")
}

/// A function is read at a glance.
pub(super) fn function_length(file: &SourceFile) -> Vec<Finding> {
    if file.language() != Language::Bzl {
        return Vec::new();
    }
    // Its end is the next line that is not indented; closing the list of its arguments is not that.
    long_functions(file, name, |line| !line.is_empty() && !line.starts_with([' ', ')']))
}

/// The lines of code in a `.bzl` file that match, each with this message.
fn matching(file: &SourceFile, is_wrong: impl Fn(&str) -> bool, message: &str) -> Vec<Finding> {
    if file.language() != Language::Bzl {
        return Vec::new();
    }
    file.code().filter(|(_, line)| is_wrong(line)).map(|(index, _)| Finding::at(file, index, message)).collect()
}

/// Of the function that begins on this line.
fn name(line: &str) -> Option<&str> {
    line.strip_prefix("def ")?.split('(').next()
}
