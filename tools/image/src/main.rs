//! The `image` tool: parse, run, print what went wrong, exit.

mod cli;
mod commands;
mod report;

use std::process::ExitCode;

use clap::Parser as _;
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
    commands::run(Cli::parse().command)
}
