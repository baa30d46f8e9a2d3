//! The verbs: one file each, with one `run`.

mod check;
mod closure;
mod cut;
mod doctor;
mod github_output;
mod notes;
mod plan;
mod plan_text;
mod publish;
mod status;
mod verify;

use std::env;
use std::path::PathBuf;

use release::{environment, interruption};
use terminal::{Context as _, Exit, Failure, stderr};

use crate::cli::{Cli, Command};

/// Runs the verb that was typed. What it leaves when it is interrupted cleans up after itself, so there is nothing to undo.
pub fn run(cli: Cli) -> Result<Exit, Failure> {
    interruption::listen().context("cannot listen to signals")?;
    let ended = run_verb(cli);
    if interruption::has_begun() {
        stderr::print_line("interrupted; the same command may be run again");
        return Ok(Exit::Interrupted);
    }
    ended
}

fn run_verb(cli: Cli) -> Result<Exit, Failure> {
    let folder = folder(cli.repository)?;
    match cli.command {
        Command::Check(arguments) => check::run(&folder, &arguments),
        Command::Plan(arguments) => plan::run(&folder, arguments),
        Command::Cut(arguments) => cut::run(&folder, arguments),
        Command::Publish(arguments) => publish::run(&folder, &arguments),
        Command::Notes(arguments) => notes::run(&folder, &arguments),
        Command::Status(arguments) => status::run(&folder, &arguments),
        Command::Verify(arguments) => verify::run(&folder, &arguments),
        Command::Doctor(arguments) => doctor::run(&folder, &arguments),
        Command::Closure(arguments) => closure::run(&folder, &arguments),
    }
}

/// Where the command was typed, also under `bazel run`, and what `-C` makes of it.
fn folder(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let typed_in = match environment::read(environment::BUILD_WORKING_DIRECTORY) {
        Some(folder) => PathBuf::from(folder),
        None => env::current_dir().context("the current folder is gone")?,
    };
    Ok(match named {
        Some(named) => typed_in.join(named),
        None => typed_in,
    })
}
