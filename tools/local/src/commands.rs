//! The verbs: one file each, with one `run`.

mod check;
mod down;
mod smoke;
mod up;

use std::env;
use std::path::PathBuf;

use anyhow::Context as _;
use local::compose::{Compose, ComposeError, FILE};
use local::environment::BUILD_WORKING_DIRECTORY;
use local::ports::PortTaken;
use local::smoke::SmokeError;
use terminal::{Exit, UsageError};

use crate::cli::{Cli, Command};

/// Runs the verb that was typed.
pub fn run(cli: &Cli) -> anyhow::Result<Exit> {
    let compose = Compose::open(&root()?)?;
    match cli.command {
        Command::Check => check::run(&compose),
        Command::Up => up::run(&compose),
        Command::Down { volumes } => down::run(&compose, volumes),
        Command::Smoke => smoke::run(&compose),
    }
}

/// The repository: the nearest folder above the current one that has compose's file.
fn root() -> anyhow::Result<PathBuf> {
    let typed_in = env::var_os(BUILD_WORKING_DIRECTORY).map(PathBuf::from);
    let current = typed_in.map_or_else(env::current_dir, Ok).context("the current folder is gone")?;
    let found = current.ancestors().find(|folder| folder.join(FILE).exists());
    let missing = || UsageError::new(format!("there is no `{FILE}` here"), "change into the repository");
    found.map(PathBuf::from).ok_or_else(|| missing().into())
}

/// How a run ended that ended with an error.
pub fn exit(error: &anyhow::Error) -> Exit {
    let is_refusal = error.is::<SmokeError>() || error.is::<PortTaken>();
    if is_refusal { Exit::Refused } else { Exit::Error }
}

/// What to do about an error, where one of its causes knows.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let usage = || cause.downcast_ref::<UsageError>().map(|error| error.hint().to_owned());
        let compose = || cause.downcast_ref::<ComposeError>().and_then(ComposeError::hint).map(str::to_owned);
        let port = || cause.downcast_ref::<PortTaken>().map(PortTaken::hint);
        let smoke = || {
            let error = cause.downcast_ref::<SmokeError>()?;
            Some(format!("docker compose --file {FILE} logs {}", error.service))
        };
        usage().or_else(compose).or_else(port).or_else(smoke)
    })
}
