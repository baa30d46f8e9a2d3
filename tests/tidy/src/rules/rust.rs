//! Rules for Rust that neither the compiler nor clippy knows. Lengths and nesting of functions are clippy's.

use crate::{Finding, Language, SourceFile};

/// How many lines a `main.rs` may have: it parses, runs and exits.
const MAIN_LINES: usize = 60;

/// The macros that print.
const PRINTERS: [&str; 4] = ["print", "println", "eprint", "eprintln"];

/// What prints beside the files below `commands/`, by name: roots of programs, of commands, and of fuzz targets, which say
/// which input they fail with.
const PRINTING_NAMES: [&str; 3] = ["main.rs", "commands.rs", "fuzzing.rs"];

/// What prints, by path: it is there for that alone.
const PRINTING_FILES: [&str; 3] =
    ["build/util/report.rs", "tools/terminal/src/display.rs", "tools/terminal/src/report.rs"];

/// A file says what it owns and what it does not before anything else.
pub(super) fn module_comment(file: &SourceFile) -> Vec<Finding> {
    if file.language() != Language::Rust || file.text().starts_with("//!") {
        return Vec::new();
    }
    vec![Finding::at(file, 0, "the file does not open with `//!`: say what it owns and what it does not")]
}

/// A `main.rs` holds no logic. One that is the root of tests holds none anyway.
pub(super) fn main_length(file: &SourceFile) -> Vec<Finding> {
    let lines = file.text().lines().count();
    if file.language() != Language::Rust || file.name() != "main.rs" || file.is_test() || lines <= MAIN_LINES {
        return Vec::new();
    }
    vec![Finding::at(
        file,
        MAIN_LINES,
        format!("`main.rs` has {lines} lines, {MAIN_LINES} are allowed: it parses, runs, exits"),
    )]
}

/// Data and messages go out at one place, where their order is known and a test can look.
pub(super) fn who_prints(file: &SourceFile) -> Vec<Finding> {
    let is_named = PRINTING_NAMES.contains(&file.name()) || PRINTING_FILES.contains(&file.path());
    if is_named || file.path().contains("/commands/") || file.is_test() {
        return Vec::new();
    }
    let has_printer = |line: &str| PRINTERS.iter().any(|printer| is_called(line, printer));
    matching(file, has_printer, "a library prints: return it to the command, or hand in where it goes")
}

/// Every variable is a documented constant in one module of its crate.
pub(super) fn environment_names(file: &SourceFile) -> Vec<Finding> {
    let has_name = |line: &str| ["var(", "var_os("].iter().any(|call| line.contains(&format!("env::{call}\"")));
    matching(
        file,
        has_name,
        "the name of a variable stands in a call: make it a documented constant in `environment.rs`",
    )
}

/// Messages are put together, with a cause behind a colon.
pub(super) fn error_full_stop(file: &SourceFile) -> Vec<Finding> {
    let ends_so = |line: &str| line.contains("#[error(\"") && line.contains(".\")]");
    matching(file, ends_so, "the message of an error ends with a full stop: leave it out")
}

/// What is not written yet is not committed.
pub(super) fn no_stub(file: &SourceFile) -> Vec<Finding> {
    let is_stub = |line: &str| ["todo", "unimplemented"].iter().any(|stub| is_called(line, stub));
    matching(file, is_stub, "a stub stands where code should be")
}

/// A skipped test looks like a passed one.
pub(super) fn no_skipped_test(file: &SourceFile) -> Vec<Finding> {
    let is_skipped = |line: &str| line.trim_start().starts_with("#[ignore");
    matching(file, is_skipped, "the test is skipped: make it pass, or remove it and say why in the commit")
}

/// The lines of code in a Rust file that match, each with this message.
fn matching(file: &SourceFile, is_wrong: impl Fn(&str) -> bool, message: &str) -> Vec<Finding> {
    if file.language() != Language::Rust {
        return Vec::new();
    }
    file.code().filter(|(_, line)| is_wrong(line)).map(|(index, _)| Finding::at(file, index, message)).collect()
}

/// Whether a macro is called by this name, and not by one that ends with it.
fn is_called(line: &str, name: &str) -> bool {
    let call = format!("{name}!(");
    let mut before = line.match_indices(&call).map(|(start, _)| line[..start].chars().next_back());
    before.any(|letter| letter.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_'))
}
