//! The `image_build` tool: parse, run, print what went wrong, exit.

mod arguments;
mod cli;
mod commands;
mod report;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use terminal::Exit;

use crate::cli::Cli;

fn main() -> ExitCode {
    match run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal::print_error(&error, report::hint(&error).as_deref());
            Exit::Error.into()
        }
    }
}

fn run() -> anyhow::Result<Exit> {
    let arguments = arguments::expand(std::env::args_os(), &Cli::command())?;
    commands::run(Cli::parse_from(arguments).command)
}
