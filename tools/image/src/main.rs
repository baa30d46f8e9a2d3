//! The `image` tool: parse, run, print what went wrong, exit.

mod arguments;
mod cli;
mod commands;
mod exit;
mod report;
mod terminal_progress;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::Cli;
use crate::exit::Exit;

fn main() -> ExitCode {
    match run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            report::print_error(&error);
            Exit::Error.into()
        }
    }
}

fn run() -> anyhow::Result<Exit> {
    let arguments = arguments::expand(std::env::args_os(), &Cli::command())?;
    commands::run(Cli::parse_from(arguments).command)
}
