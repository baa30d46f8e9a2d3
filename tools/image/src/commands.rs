//! The verbs: one file each, with one `run`.

mod assemble;
mod check;
mod compress;
mod index;
mod inspect;
mod layout_output;
mod load;
mod login;
mod logout;
mod push;
mod stamp;
mod typed_path;

use terminal::Exit;

use crate::cli::Command;

/// Runs the verb that was typed.
pub fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Assemble(arguments) => assemble::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Compress(arguments) => compress::run(&arguments),
        Command::Index(arguments) => index::run(arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Login(arguments) => login::run(&arguments),
        Command::Logout(arguments) => logout::run(&arguments),
        Command::Push(arguments) => push::run(&arguments),
        Command::Stamp(arguments) => stamp::run(&arguments),
    }
}
