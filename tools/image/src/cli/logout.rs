//! `image logout`: what can be typed.

use clap::Args;

/// What scripts and administrators need to know; the variable's constant is in the library's `environment`.
const AFTER_HELP: &str = "\
Exit status:
  0    nothing is stored for the registry any more
  2    something may be

Environment:
  DOCKER_CONFIG  folder with docker's `config.json` [default: ~/.docker]";

/// Takes a registry's credentials out of docker's `config.json`, and has the credential helper that it names forget them.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct LogoutArgs {
    /// The registry. What stands behind its host counts for nothing: credentials are a host's.
    #[arg(value_name = "[https://]HOST[/PREFIX]")]
    pub registry: String,
}
