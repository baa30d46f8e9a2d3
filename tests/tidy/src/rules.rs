//! Every rule, and how it finds what departs from it.

use crate::source_file::{Language, SourceFile};

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// The name under which it is reported.
    pub name: &'static str,
    /// What is wrong, and what to do.
    pub message: &'static str,
    /// The lines that depart from it, from 0 on. The texts are folders of this machine.
    pub find: fn(&SourceFile, &[String]) -> Vec<usize>,
}

/// All of them.
pub const RULES: &[Rule] = &[
    Rule {
        name: "file-length",
        message: "the file goes on behind its last line that is allowed, 400 or 60 of a `main.rs`: split it",
        find: |file, _| {
            let is_main = file.name() == "main.rs" && !file.is_test();
            let limit = if is_main { 60 } else { 400 };
            let has_limit = !matches!(file.language, Language::Other | Language::Toml);
            one(has_limit && file.text.lines().count() > limit, limit)
        },
    },
    Rule {
        name: "build-file-name",
        message: "`BUILD` is the folder `build` on some disks: call the file BUILD.bazel or MODULE.bazel",
        find: |file, _| one(matches!(file.name(), "BUILD" | "WORKSPACE" | "WORKSPACE.bazel"), 0),
    },
    Rule {
        name: "exception-reason",
        message: "the exception has no reason: write it behind, on its line",
        find: |file, _| {
            // Tests quote exceptions.
            let is_quoted = file.is_test() && file.language == Language::Rust;
            lines(file, |line| !is_quoted && is_exception_without_reason(line))
        },
    },
    Rule {
        name: "machine-path",
        message: "the path is one of this machine: write it relative, or with a variable",
        find: |file, folders| lines(file, |line| folders.iter().any(|folder| line.contains(folder.as_str()))),
    },
    Rule {
        name: "sorted",
        message: "the list says that it is kept sorted, and is not",
        find: |file, _| unsorted(file),
    },
    Rule {
        name: "module-comment",
        message: "the file does not open with `//!`: say what it owns and what it does not",
        find: |file, _| one(file.language == Language::Rust && !file.text.starts_with("//!"), 0),
    },
    Rule {
        name: "environment-names",
        message: "the name of a variable stands in a call: make it a documented constant in `environment.rs`",
        find: |file, _| {
            code(file, Language::Rust, |line| line.contains("env::var(\"") || line.contains("env::var_os(\""))
        },
    },
    Rule {
        name: "error-full-stop",
        message: "the message of an error ends with a full stop, and a cause may follow: leave it out",
        find: |file, _| code(file, Language::Rust, |line| line.contains("#[error(\"") && line.contains(".\")]")),
    },
    Rule {
        name: "no-skipped-test",
        message: "the test is skipped: make it pass, or remove it and say why in the commit",
        find: |file, _| code(file, Language::Rust, |line| line.trim_start().starts_with("#[ignore")),
    },
    Rule {
        name: "visibility",
        message: "the file is private, but who may load it is not said: call `visibility(...)`",
        find: |file, _| {
            let is_private = file.language == Language::Bzl && file.path.contains("/private/");
            one(is_private && !file.text.lines().any(|line| line.starts_with("visibility(")), 0)
        },
    },
    Rule {
        name: "no-shell",
        message: "a rule runs a shell: let a verb of a tool do the work",
        find: |file, _| code(file, Language::Bzl, |line| line.contains("run_shell(") || line.contains("genrule(")),
    },
    Rule {
        name: "fail-format",
        message: "`fail` formats with `%`, which takes tuples apart: use `.format(...)`",
        find: |file, _| {
            let formats = |line: &str| ["%s", "%r", "%d"].iter().any(|sign| line.contains(sign));
            code(file, Language::Bzl, |line| line.contains("fail(") && formats(line))
        },
    },
    Rule {
        name: "shell-header",
        message: "the script does not open with a comment: say what it is for",
        find: |file, _| {
            let comment = file.text.lines().find(|line| !line.starts_with("#!"));
            let is_said = comment.is_some_and(|line| line.starts_with("# ") && !line.starts_with("# shellcheck"));
            one(file.language == Language::Shell && !is_said, 0)
        },
    },
    Rule {
        name: "shell-strict",
        message: "the script does not `set -euo pipefail`: do so, or say above its `set` why not",
        find: |file, _| {
            // What is sourced has the settings of who sources it.
            let is_run = file.language == Language::Shell && file.text.starts_with("#!");
            one(is_run && !is_strict(file), 0)
        },
    },
    Rule {
        name: "function-length",
        message: "the function has more than 60 lines of code: split it",
        find: |file, _| long_functions(file),
    },
    Rule {
        name: "bazelrc-reason",
        message: "the option has no reason: write it above; one comment may stand above several options",
        find: |file, _| {
            let mut is_said = false;
            lines(file, |line| {
                is_said = line.starts_with('#') || is_said && !line.trim().is_empty();
                file.language == Language::Bazelrc && !is_said && !line.trim().is_empty()
            })
        },
    },
];

/// What all rules find in a file: lines from 1 on, in their order. `folders` are those of this machine that nothing may name;
/// each ends with a slash.
pub fn check(file: &SourceFile, folders: &[String]) -> Vec<(usize, &'static Rule)> {
    let found =
        RULES.iter().flat_map(|rule| (rule.find)(file, folders).into_iter().map(move |index| (index + 1, rule)));
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(line, _)| *line);
    found
}

/// This line, if something is wrong.
fn one(is_wrong: bool, line: usize) -> Vec<usize> {
    if is_wrong { vec![line] } else { Vec::new() }
}

/// The lines that are wrong.
fn lines(file: &SourceFile, mut is_wrong: impl FnMut(&str) -> bool) -> Vec<usize> {
    file.text.lines().enumerate().filter(|(_, line)| is_wrong(line)).map(|(index, _)| index).collect()
}

/// The lines of a language that are wrong and no comments.
fn code(file: &SourceFile, language: Language, is_wrong: impl Fn(&str) -> bool) -> Vec<usize> {
    lines(file, |line| file.language == language && !file.is_comment(line) && is_wrong(line))
}

fn is_exception_without_reason(line: &str) -> bool {
    let signs = [(" disable=SC", '#'), ("# buildifier: disable=", '#'), ("# zizmor: ignore[", ']')];
    signs.iter().filter_map(|(sign, end)| Some((line.split_once(sign)?.1, end))).any(|(rest, end)| {
        let reason = rest.split_once(*end).map(|(_, reason)| reason.trim_matches([' ', '#']));
        reason.is_none_or(str::is_empty)
    })
}

fn is_strict(file: &SourceFile) -> bool {
    let lines: Vec<_> = file.text.lines().collect();
    let set = lines.iter().position(|line| line.starts_with("set -"));
    set.is_some_and(|index| lines[index] == "set -euo pipefail" || lines[index - 1].starts_with("# "))
}

/// The signs `keep sorted` of unsorted lists: of the table below one in TOML, of the texts up to the next `]` in Rust. Lists
/// in Starlark are sorted by buildifier.
fn unsorted(file: &SourceFile) -> Vec<usize> {
    let is_sign = |line: &str| matches!(line.trim(), "# keep sorted" | "// keep sorted");
    let is_unsorted = |index: &usize| {
        let below = file.text.lines().skip(index + 1);
        match file.language {
            Language::Toml => {
                let table = below.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with(['[', '#', '{']));
                !table.map(|line| line.split(['.', ' ', '=']).next()).is_sorted()
            }
            Language::Rust => {
                let list = below.take_while(|line| !line.is_empty()).collect::<String>();
                let list = list.split_once("= [").map_or("", |(_, list)| list);
                !list.split('"').skip(1).step_by(2).is_sorted()
            }
            _ => false,
        }
    };
    lines(file, is_sign).into_iter().filter(is_unsorted).collect()
}

/// The first lines of the functions in Starlark and shell that are too long, by what clippy counts in Rust: neither comments
/// nor empty lines; docstrings do not count either.
fn long_functions(file: &SourceFile) -> Vec<usize> {
    const QUOTES: &str = "\"\"\"";
    let is_bzl = file.language == Language::Bzl;
    let is_shell = file.language == Language::Shell;
    let is_start =
        |line: &str| is_bzl && line.starts_with("def ") || is_shell && line.ends_with("() {") && !line.starts_with(' ');
    // The list of a function's arguments may close at the beginning of a line.
    let is_inside = |line: &str| if is_bzl { line.is_empty() || line.starts_with([' ', ')']) } else { line != "}" };
    let is_long = |index: &usize| {
        let mut is_docstring = false;
        let inside = file.text.lines().skip(index + 1).take_while(|line| is_inside(line));
        let code = inside.filter(|line| {
            let is_text = is_docstring || line.contains(QUOTES);
            is_docstring ^= line.matches(QUOTES).count() % 2 == 1;
            !is_text && !line.trim().is_empty() && !file.is_comment(line)
        });
        code.count() > 60
    };
    lines(file, is_start).into_iter().filter(is_long).collect()
}
