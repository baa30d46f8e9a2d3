//! `release check`: what can be typed.

use std::ffi::OsString;

use clap::Args;
use release::environment;

/// Says whether a tag may be released: it keeps the grammar, its service is known, and origin has it on main.
///
/// Exit status: 0 it may, 1 it must not, 2 could not tell.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The tag, `SERVICE/vX.Y.Z` or `SERVICE@vX.Y.Z`.
    // Hyphens are allowed so that a hostile name is refused for what it is and not for how it looks on a command line.
    #[arg(value_name = "TAG", env = environment::RELEASE_TAG, hide_env_values = true, allow_hyphen_values = true)]
    pub tag: OsString,

    /// Name the image there instead of in the service's own repository.
    #[arg(long, value_name = "[https://]HOST[/PREFIX]", env = environment::RELEASE_REGISTRY)]
    pub registry: Option<String>,

    /// Let pre-releases pass that are not on main.
    #[arg(long)]
    pub allow_prerelease_off_main: bool,

    /// Add service, version, image, prerelease and commit to the file that `GITHUB_OUTPUT` names.
    #[arg(long)]
    pub github_output: bool,

    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}
