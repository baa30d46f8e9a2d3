//! The `tidy` linter: looks at every file of the repository that it is started in, prints what it finds, and exits with 1
//! if that is anything.

mod repository;

use std::process::ExitCode;

use anyhow::Result;
use terminal::Exit;

fn main() -> ExitCode {
    match run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal::print_error(&error, Some("start it in a clone of the repository"));
            Exit::Error.into()
        }
    }
}

fn run() -> Result<Exit> {
    let root = repository::root()?;
    let files = repository::files(&root)?;
    let folders = repository::folders(&root);
    let findings: Vec<_> = files.iter().flat_map(|file| tidy::check(file, &folders)).collect();
    for finding in &findings {
        println!("{finding}");
    }
    eprintln!("tidy: {} rules, {} files, {} findings", tidy::RULES.len() + 1, files.len(), findings.len());
    Ok(if findings.is_empty() { Exit::Success } else { Exit::Refused })
}
