//! Every rule by its name, in the order of the files that hold them.

mod bazelrc;
mod every;
mod rust;
mod shell;
mod sorted;
mod starlark;

use crate::{Finding, SourceFile};

/// A rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Under which it is reported.
    pub name: &'static str,
    /// Finds what departs from it; nothing in a file that it is not about.
    pub find: fn(&SourceFile) -> Vec<Finding>,
}

/// All of them.
pub const RULES: &[Rule] = &[
    Rule { name: "file-length", find: every::file_length },
    Rule { name: "build-file-name", find: every::build_file_name },
    Rule { name: "exception-reason", find: every::exception_reason },
    Rule { name: "sorted", find: sorted::sorted },
    Rule { name: "module-comment", find: rust::module_comment },
    Rule { name: "main-length", find: rust::main_length },
    Rule { name: "who-prints", find: rust::who_prints },
    Rule { name: "environment-names", find: rust::environment_names },
    Rule { name: "error-full-stop", find: rust::error_full_stop },
    Rule { name: "no-stub", find: rust::no_stub },
    Rule { name: "no-skipped-test", find: rust::no_skipped_test },
    Rule { name: "docstring", find: starlark::docstring },
    Rule { name: "visibility", find: starlark::visibility },
    Rule { name: "no-shell", find: starlark::no_shell },
    Rule { name: "fail-format", find: starlark::fail_format },
    Rule { name: "starlark-function-length", find: starlark::function_length },
    Rule { name: "shell-header", find: shell::header },
    Rule { name: "shell-strict", find: shell::strict },
    Rule { name: "shell-function-length", find: shell::function_length },
    Rule { name: "bazelrc-reason", find: bazelrc::reason },
];

/// Around Starlark's docstrings.
const QUOTES: &str = "\"\"\"";

/// The one rule that has to know the machine: no path below these folders, which end with a slash, is committed.
const MACHINE_PATH: &str = "machine-path";

/// What all rules find in a file, by lines. `folders` are those of this machine that nothing may name.
#[must_use]
pub fn check(file: &SourceFile, folders: &[String]) -> Vec<Finding> {
    let named = |rule: &Rule| {
        let rule = *rule;
        (rule.find)(file).into_iter().map(move |finding| Finding { rule: rule.name, ..finding })
    };
    let paths = every::machine_path(file, folders).into_iter();
    let paths = paths.map(|finding| Finding { rule: MACHINE_PATH, ..finding });
    let mut findings: Vec<_> = RULES.iter().flat_map(named).chain(paths).collect();
    findings.sort_by_key(|finding| finding.line);
    findings
}

/// The functions of a file that are longer than the style allows, by what clippy counts too: neither comments nor empty
/// lines. `name` tells the name of the function that begins on a line, `ends` whether a line stands behind the last
/// function; so does the end of the file.
fn long_functions<'a>(
    file: &'a SourceFile,
    name: impl Fn(&'a str) -> Option<&'a str>,
    ends: impl Fn(&str) -> bool,
) -> Vec<Finding> {
    const LIMIT: usize = 60;
    let mut functions: Vec<(usize, &str, usize)> = Vec::new();
    let mut is_open = false;
    let mut is_docstring = false;
    for (index, line) in file.code().filter(|(_, line)| !line.trim().is_empty()) {
        let is_text = is_docstring || line.trim_start().starts_with(QUOTES);
        is_docstring ^= line.matches(QUOTES).count() % 2 == 1;
        is_open &= is_text || !ends(line);
        if let Some(name) = name(line) {
            functions.push((index, name, 0));
            is_open = true;
        }
        if let Some((_, _, length)) = functions.last_mut().filter(|_| is_open && !is_text) {
            *length += 1;
        }
    }
    let long = functions.into_iter().filter(|(_, _, length)| *length > LIMIT);
    let message = |name, length| format!("`{name}` has {length} lines of code, {LIMIT} are allowed");
    long.map(|(index, name, length)| Finding::at(file, index, message(name, length))).collect()
}
