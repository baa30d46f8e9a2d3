//! The `tidy` linter: the rules of this repository's style that no other linter has. What rustfmt, clippy, shellcheck,
//! buildifier, actionlint and zizmor can find is theirs.
//!
//! Looks at every file of the repository that it is started in, prints what it finds, and exits with 1 if that is anything.
//! A new rule is an entry in `rules`, and samples that it catches and lets pass in `samples`.

mod repository;
mod rules;
#[cfg(test)]
mod samples;
mod source_file;

use std::process::ExitCode;

use terminal::{Exit, Failure};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "findings are its output")]
fn run() -> Result<Exit, Failure> {
    let root = repository::root()?;
    let files = repository::files(&root)?;
    let folders = repository::folders(&root);
    let mut findings = 0;
    for file in &files {
        for (line, rule) in rules::check(file, &folders) {
            println!("{}:{line}: {} ({})", file.path, rule.message, rule.name);
            findings += 1;
        }
    }
    eprintln!("tidy: {} rules, {} files, {findings} findings", rules::RULES.len(), files.len());
    Ok(if findings == 0 { Exit::Success } else { Exit::Refused })
}

fn main() -> ExitCode {
    let hint = "start it in a clone of the repository";
    terminal::finish(run().map_err(|failure| failure.with_hint(hint)))
}
