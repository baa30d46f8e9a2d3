//! The verbs: one file each, with one `run`.

mod check;
mod inspect;
mod load;
mod login;
mod logout;
mod push;
mod typed_path;

use terminal::{Exit, Failure};

use crate::cli::Command;

/// Runs the verb that was typed.
pub fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Check(arguments) => check::run(arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Login(arguments) => login::run(&arguments),
        Command::Logout(arguments) => logout::run(&arguments),
        Command::Push(arguments) => push::run(&arguments),
    }
}
