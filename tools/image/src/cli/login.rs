//! `image login`: what can be typed.

use clap::Args;

/// What scripts and administrators need to know; the variable's constant is in the library's `environment`.
const AFTER_HELP: &str = "\
Exit status:
  0    the credentials are stored
  2    they are not, and what was stored before is as it was

Environment:
  DOCKER_CONFIG  folder with docker's `config.json` [default: ~/.docker]";

/// Stores a registry's credentials where push, and docker, look for them: in docker's `config.json`, or with the credential
/// helper that it names. Asks no registry whether they are right.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct LoginArgs {
    /// The registry. What stands behind its host counts for nothing: credentials are a host's.
    #[arg(value_name = "[https://]HOST[/PREFIX]")]
    pub registry: String,

    /// Who to be there.
    #[arg(long, value_name = "NAME")]
    pub username: String,

    /// Read the password or token from stdin. There is no other way: a command line is not secret.
    #[arg(long, required = true)]
    pub password_stdin: bool,
}
