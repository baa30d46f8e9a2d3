//! `unkey completion`: the completions of one shell.

use clap_complete::{Generator, Shell as Known, generate};
use clap_complete_nushell::Nushell;
use terminal::{Exit, Failure, stdout};
use unkey::version::BuildInfo;

use crate::cli;
use crate::cli::completion::{CompletionArgs, Shell};

/// Runs the verb.
pub fn run(arguments: &CompletionArgs, build: &BuildInfo) -> Result<Exit, Failure> {
    stdout::print(&script(arguments.shell, build))?;
    Ok(Exit::Success)
}

/// A shell's completions.
pub fn script(shell: Shell, build: &BuildInfo) -> String {
    match shell {
        Shell::Bash => of(Known::Bash, build),
        Shell::Zsh => of(Known::Zsh, build),
        Shell::Fish => of(Known::Fish, build),
        Shell::Powershell => of(Known::PowerShell, build),
        Shell::Nushell => of(Nushell, build),
    }
}

fn of(generator: impl Generator, build: &BuildInfo) -> String {
    let mut bytes = Vec::new();
    generate(generator, &mut cli::documented(build), "unkey", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
