//! The verbs: one file each, with one `run`.

mod auth;
mod completion;
mod context;
mod deploy;
mod documents;
mod healthcheck;
mod input;
mod keys;
mod style;
mod version;

use terminal::{Exit, Failure};
use unkey::version::BuildInfo;

use crate::cli::auth::AuthCommand;
use crate::cli::keys::{ApiCommand, KeysCommand};
use crate::cli::{Cli, Command};
use context::Context;

/// Runs the verb that was typed.
pub fn run(cli: Cli, build: &BuildInfo) -> Result<Exit, Failure> {
    let context = Context::new(cli.globals, build);
    match cli.command {
        Command::Auth(AuthCommand::Login(arguments)) => auth::login(&context, &arguments),
        Command::Auth(AuthCommand::Logout(_)) => auth::logout(),
        Command::Auth(AuthCommand::Status(_)) => auth::status(&context),
        Command::Api(ApiCommand::Keys(command)) => match command {
            KeysCommand::Create(arguments) => keys::create(&context, arguments),
            KeysCommand::Verify(_) => keys::verify(&context),
            KeysCommand::Revoke(arguments) => keys::revoke(&context, &arguments),
            KeysCommand::List(_) => keys::list(&context),
        },
        Command::Deploy(arguments) => deploy::run(&context, arguments),
        Command::Healthcheck(arguments) => healthcheck::run(&context, &arguments),
        Command::Version => version::run(&context, build),
        Command::Completion(arguments) => completion::run(&arguments, build),
        Command::Documents(arguments) => documents::run(&arguments, build),
    }
}
