//! Measures what people wait for, beside other tools in the same run, and prints a table.
//!
//! It judges goals but never fails by them: a busy machine is no bug. What could not be measured says so in its row and
//! makes the exit status 2.
//!
//! `cli`: what can be typed. `sections`: what is measured. `images`, `services`, `history`: what it is measured on.
//! `profile`: Bazel's.
//! `series`: rounds, and the times out of them. `figure`, `row`, `table`: what comes out. `machine`, `peers`: what it
//! was measured on and against.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "figures go to stdout, progress to stderr")]

mod cli;
mod figure;
mod history;
mod images;
mod machine;
mod peers;
mod profile;
mod row;
mod sections;
mod series;
mod services;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let machine = machine::describe();
    let measured = sections::measure(&cli);
    let text = if cli.json { table::json(&machine, &measured) } else { table::markdown(&machine, &measured) };
    print!("{text}");
    let is_complete = measured.iter().all(|section| section.failure.is_none());
    if is_complete { ExitCode::SUCCESS } else { ExitCode::from(2) }
}
