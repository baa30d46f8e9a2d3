//! The `rehearse` tool: the commands of the release workflow, run on this machine against servers of the tests. Parse, run,
//! print what came of it, exit.

mod artifacts;
mod cli;
mod download;
mod environment;
mod npm;
mod rehearsal;
mod remote;
mod script;
mod servers;
mod workflow;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser as _;
use terminal::{Exit, Failure, stdout};

use crate::cli::Cli;
use crate::rehearsal::{Order, Rehearsal};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The servers panic with all that is known.
    let result = catch_unwind(AssertUnwindSafe(|| run(cli))).unwrap_or(Ok(Exit::Error));
    let exit = terminal::finish(result);
    // What Ctrl-C also reaches fails of it, and that is not the answer.
    if script::is_interrupted() { Exit::Interrupted.into() } else { exit }
}

fn run(cli: Cli) -> Result<Exit, Failure> {
    script::watch_for_interrupts()?;
    let order = Order { tag: cli.tag, keep: cli.keep, clone: cli.clone };
    let (report, is_success) = Rehearsal::prepare(order)?.run()?;
    stdout::print(&report)?;
    Ok(if is_success { Exit::Success } else { Exit::Refused })
}
