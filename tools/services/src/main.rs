//! The `services` tool: parse, run, print what went wrong, exit.

#![expect(clippy::print_stdout, reason = "what commands find is data")]

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;

fn main() -> ExitCode {
    terminal::finish(commands::run(&Cli::parse()))
}
