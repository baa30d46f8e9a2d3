//! The command line that every service shares: parse, load the configuration, run, report, exit.
//!
//! Owns what a service's binary takes and prints and its exit status. What a service does is its own crate's, how it
//! runs is `runtime`'s.

mod cli;
mod environment;
mod exit;
mod report;

use std::process::ExitCode;

pub use exit::Exit;
pub use runtime::BuildInfo;
use runtime::{Error, Identity, Loaded, Service, ServiceConfig};

use crate::cli::{Parsed, Verb};

// musl's own allocator halves what a service answers (docs/measurements.md).
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// One service's command.
#[derive(Clone, Copy, Debug)]
pub struct ServiceCommand {
    /// The name of the service and of its binary.
    pub name: &'static str,
    /// What the command does, in one line.
    pub about: &'static str,
    /// The build that it is part of.
    pub build: BuildInfo,
}

/// The whole `main` of a service: `run_service_command!("api", "Run the Unkey API server", api::run)`.
///
/// A macro, because Bazel stamps the crate that it is called in and no other: a stamp that reached this library would
/// compile everything anew with each commit.
#[macro_export]
macro_rules! run_service_command {
    ($name:expr, $about:expr, $run:path $(,)?) => {{
        const BUILD: $crate::BuildInfo = $crate::BuildInfo::from_stamps(
            ::core::option_env!("UNKEY_VERSION"),
            ::core::option_env!("UNKEY_COMMIT"),
            ::core::option_env!("UNKEY_COMMIT_TIME"),
        );
        $crate::run_service_command($crate::ServiceCommand { name: $name, about: $about, build: BUILD }, $run)
    }};
}

/// Runs a service's command to its end. The status is an [`Exit`].
pub fn run_service_command<C, F, R>(command: ServiceCommand, run: F) -> ExitCode
where
    C: ServiceConfig,
    F: FnOnce(Service, C) -> R,
    R: Future<Output = Result<(), Error>>,
{
    let arguments = match cli::parse(command) {
        Parsed::Run(arguments) => arguments,
        Parsed::Exit(exit) => return exit.into(),
    };
    let loaded = match runtime::load::<C>(&arguments.config) {
        Ok(loaded) => loaded,
        Err(error) => return report::to_terminal(&error).into(),
    };
    match arguments.verb {
        None => start(command, loaded, run),
        Some(Verb::Healthcheck) => match runtime::healthcheck(&loaded.settings) {
            Ok(()) => Exit::Success.into(),
            Err(error) => report::to_terminal(&error).into(),
        },
    }
}

fn start<C, F, R>(command: ServiceCommand, loaded: Loaded<C>, run: F) -> ExitCode
where
    F: FnOnce(Service, C) -> R,
    R: Future<Output = Result<(), Error>>,
{
    let format = loaded.settings.logging.format;
    if let Err(error) = runtime::start_logging(&loaded.settings.logging) {
        return report::to_terminal(&error).into();
    }
    let identity = Identity { name: command.name, build: command.build };
    match runtime::run(identity, loaded, run) {
        Ok(()) => Exit::Success.into(),
        Err(error) => report::in_format(&error, format).into(),
    }
}
