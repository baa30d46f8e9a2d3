//! The verbs: one file each, with one `run`.

mod assemble;
mod compress;
mod index;
mod layout_output;
mod stamp;

use terminal::{Exit, Failure};

use crate::cli::Command;

/// Runs the verb that was typed.
pub fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Assemble(arguments) => assemble::run(arguments),
        Command::Compress(arguments) => compress::run(&arguments),
        Command::Index(arguments) => index::run(arguments),
        Command::Stamp(arguments) => stamp::run(&arguments),
    }
}
