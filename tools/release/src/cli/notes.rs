//! `release notes`: what can be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use release::environment;

use crate::cli::plan::ClosuresArgs;

/// Writes what is in a release as Markdown: changes since the same service's release before it, and its image.
#[derive(Debug, Args)]
pub struct NotesArgs {
    /// The tag, `SERVICE/vX.Y.Z` or `SERVICE@vX.Y.Z`. Check it out first: which files can change an image is asked of the work tree.
    #[arg(value_name = "TAG", allow_hyphen_values = true)]
    pub tag: OsString,

    /// What `image push --json` printed: adds digest, platforms and sizes.
    #[arg(long, value_name = "FILE")]
    pub image_report: Option<PathBuf>,

    /// Name the image there instead of at `ghcr.io/unkeyed`.
    #[arg(long, value_name = "[https://]HOST[/PREFIX]", env = environment::RELEASE_REGISTRY)]
    pub registry: Option<String>,

    /// Take tags as this clone last saw them.
    #[arg(long)]
    pub no_fetch: bool,

    /// Print JSON instead.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub closures: ClosuresArgs,
}
