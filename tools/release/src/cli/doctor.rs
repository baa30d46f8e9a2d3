//! `release doctor`: what can be typed.

use clap::Args;
use release::environment;

/// Says what is missing or wrong, on this machine and in the repository's settings on GitHub, each with its fix.
///
/// Exit status: 0 all is as it should be, 1 something is wrong, 2 something could not be told.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Ask there instead of in the service's own repository.
    #[arg(long, value_name = "[https://]HOST[/PREFIX]", env = environment::RELEASE_REGISTRY)]
    pub registry: Option<String>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
