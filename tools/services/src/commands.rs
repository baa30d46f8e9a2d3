//! What each verb does, a file a verb.

mod generate;
mod list;
mod new;

use terminal::{Exit, Failure};

use crate::cli::{Cli, Command};

/// Runs the verb that was typed.
pub fn run(cli: &Cli) -> Result<Exit, Failure> {
    match &cli.command {
        Command::List(arguments) => list::run(&cli.repository, arguments),
        Command::Generate(arguments) => generate::run(&cli.repository, arguments),
        Command::New(arguments) => new::run(&cli.repository, arguments),
    }
}
