//! The `local` tool: parse, run, print what went wrong, exit.

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;

fn main() -> ExitCode {
    match commands::run(&Cli::parse()) {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal::print_error(&error, commands::hint(&error).as_deref());
            commands::exit(&error).into()
        }
    }
}
