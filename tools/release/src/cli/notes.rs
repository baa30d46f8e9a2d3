//! `release notes`: what can be typed.

use std::ffi::OsString;

use clap::Args;
use release::environment;

/// Writes what is in a release as Markdown: changes since the same service's release before it, and its image.
#[derive(Debug, Args)]
pub struct NotesArgs {
    /// The tag, `SERVICE/vX.Y.Z` or `SERVICE@vX.Y.Z`.
    #[arg(value_name = "TAG", allow_hyphen_values = true)]
    pub tag: OsString,

    /// Name the image there instead of in the service's own repository.
    #[arg(long, value_name = "[https://]HOST[/PREFIX]", env = environment::RELEASE_REGISTRY)]
    pub registry: Option<String>,

    /// Take tags as this clone last saw them.
    #[arg(long)]
    pub no_fetch: bool,

    /// Print JSON instead.
    #[arg(long)]
    pub json: bool,
}
