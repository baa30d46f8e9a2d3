//! What can be typed: clap types only.

use std::path::PathBuf;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use runtime::BuildInfo;

use crate::ServiceCommand;
use crate::environment;
use crate::exit::Exit;

/// The arguments of every service.
#[derive(Debug, Parser)]
#[command(
    max_term_width = 100,
    after_help = "Exit status: 0 stopped as asked, 1 failed, 64 wrong arguments or configuration"
)]
pub(crate) struct Arguments {
    /// The TOML file with the configuration
    #[arg(long, value_name = "PATH", env = environment::CONFIG, default_value = "unkey.toml", global = true)]
    pub(crate) config: PathBuf,

    /// What to do in place of running the service
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

/// What a service's binary does beside running.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Verb {
    /// Ask the running service of this configuration whether it is ready, and exit with 0 if so
    Healthcheck,
}

/// What came of the arguments.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// The service is to run.
    Run(Arguments),
    /// There is nothing to run: help was asked for, or the arguments are wrong. It has been said.
    Exit(Exit),
}

/// Parses the process's arguments.
pub(crate) fn parse(command: ServiceCommand) -> Parsed {
    match clap_command(command).try_get_matches().and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => Parsed::Run(arguments),
        Err(error) => {
            // Nobody is left to tell if the terminal is gone.
            let _ = error.print();
            Parsed::Exit(if error.use_stderr() { Exit::BadConfiguration } else { Exit::Success })
        }
    }
}

fn clap_command(command: ServiceCommand) -> clap::Command {
    Arguments::command().name(command.name).about(command.about).version(version(command.build))
}

/// `VERSION (COMMIT, COMMIT TIME)`, without what the build does not know.
fn version(build: BuildInfo) -> String {
    match (build.commit, build.commit_time) {
        (Some(commit), Some(time)) => format!("{} ({commit}, {time})", build.version),
        (Some(known), None) | (None, Some(known)) => format!("{} ({known})", build.version),
        (None, None) => build.version.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(build: BuildInfo) -> clap::Command {
        clap_command(ServiceCommand { name: "vault", about: "Run the vault", build })
    }

    #[test]
    fn the_command_is_consistent() {
        command(BuildInfo::from_stamps(None, None, None)).debug_assert();
    }

    #[test]
    fn the_version_names_the_commit() {
        let cases = [
            (BuildInfo::from_stamps(None, None, None), "vault dev\n"),
            (BuildInfo::from_stamps(Some("v1.2.3"), Some("abc"), None), "vault v1.2.3 (abc)\n"),
            (
                BuildInfo::from_stamps(Some("v1.2.3"), Some("abc"), Some("2026-07-01T10:00:00Z")),
                "vault v1.2.3 (abc, 2026-07-01T10:00:00Z)\n",
            ),
        ];
        for (build, expected) in cases {
            assert_eq!(command(build).render_version(), expected);
        }
    }
}
