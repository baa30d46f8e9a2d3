//! The `image_build` tool: parse, run, print what went wrong, exit.

mod arguments;
mod cli;
mod commands;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use terminal::{Exit, Failure};

use crate::cli::Cli;

fn main() -> ExitCode {
    terminal::finish(run())
}

fn run() -> Result<Exit, Failure> {
    let arguments = arguments::expand(std::env::args_os(), &Cli::command())?;
    commands::run(Cli::parse_from(arguments).command)
}
