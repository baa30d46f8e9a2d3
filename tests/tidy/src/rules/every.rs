//! Rules for files of more than one language.

use crate::{Finding, Language, SourceFile};

/// How many lines a file of code may have.
const LINES: usize = 400;

/// What linters take as "not here", with what stands between it and the reason for it.
const EXCEPTIONS: [(&str, char); 3] =
    [(" disable=SC", '#'), ("# buildifier: disable=", '#'), ("# zizmor: ignore[", ']')];

/// Nobody reads on after some hundred lines.
pub(super) fn file_length(file: &SourceFile) -> Vec<Finding> {
    let lines = file.text().lines().count();
    if lines <= LINES || matches!(file.language(), Language::Other | Language::Toml) {
        return Vec::new();
    }
    vec![Finding::at(file, LINES, format!("the file has {lines} lines, {LINES} are allowed: split it by nouns"))]
}

/// What is true on one machine alone: a path below one of these folders, which end with a slash.
pub(super) fn machine_path(file: &SourceFile, folders: &[String]) -> Vec<Finding> {
    let named = |line: &str| folders.iter().any(|folder| line.contains(folder.as_str()));
    let lines = file.lines().filter(|(_, line)| named(line));
    lines
        .map(|(index, _)| {
            Finding::at(file, index, "the path is one of this machine: write it relative, or with a variable")
        })
        .collect()
}

/// The folder `build/` takes the name `BUILD` on disks that do not tell cases apart.
pub(super) fn build_file_name(file: &SourceFile) -> Vec<Finding> {
    match file.name() {
        name @ ("BUILD" | "WORKSPACE" | "WORKSPACE.bazel") => {
            vec![Finding::at(file, 0, format!("a file is called `{name}`: BUILD.bazel and MODULE.bazel are read here"))]
        }
        _ => Vec::new(),
    }
}

/// An exception without a reason is kept for ever.
pub(super) fn exception_reason(file: &SourceFile) -> Vec<Finding> {
    // Where exceptions are quoted.
    if file.is_test() && file.language() == Language::Rust {
        return Vec::new();
    }
    let unreasoned = file.lines().filter(|(_, line)| {
        EXCEPTIONS.iter().filter_map(|(sign, end)| Some((line.split_once(sign)?.1, end))).any(|(rest, end)| {
            let reason = rest.split_once(*end).map(|(_, reason)| reason.trim_matches([' ', '#']));
            reason.is_none_or(str::is_empty)
        })
    });
    unreasoned
        .map(|(index, _)| Finding::at(file, index, "the exception has no reason: write it behind, on its line"))
        .collect()
}
