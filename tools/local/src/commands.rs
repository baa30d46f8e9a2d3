//! The verbs: one file each, with one `run`.

mod check;
mod down;
mod smoke;
mod up;

use std::path::PathBuf;

use local::compose::{Compose, FILE};
use terminal::{Exit, Failure, environment};

use crate::cli::{Cli, Command};

/// Runs the verb that was typed.
pub fn run(cli: &Cli) -> Result<Exit, Failure> {
    let compose = Compose::open(&root()?)?;
    match cli.command {
        Command::Check => check::run(&compose),
        Command::Up => up::run(&compose),
        Command::Down { volumes } => down::run(&compose, volumes),
        Command::Smoke => smoke::run(&compose),
    }
}

/// The repository: the nearest folder above the current one that has compose's file.
fn root() -> Result<PathBuf, Failure> {
    let current = environment::typed_in()?;
    let found = current.ancestors().find(|folder| folder.join(FILE).exists());
    let missing = || Failure::unknown(format!("there is no `{FILE}` here")).with_hint("change into the repository");
    found.map(PathBuf::from).ok_or_else(missing)
}
