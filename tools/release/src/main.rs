//! The `release` tool: parse, run, print what went wrong, exit.

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;

fn main() -> ExitCode {
    terminal::finish(commands::run(Cli::parse()))
}
