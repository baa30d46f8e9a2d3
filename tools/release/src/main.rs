//! The `release` tool: parse, run, print what went wrong, exit.

mod cli;
mod commands;
mod exit;
mod report;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(exit) => exit.into(),
        Err(error) => report::print_error(&error).into(),
    }
}
