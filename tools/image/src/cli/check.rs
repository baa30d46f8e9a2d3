//! `image check`: what can be typed.

use std::path::PathBuf;

use clap::Args;

/// Checks that a layout is sound and that its images are what the contract says.
///
/// Without a contract: every blob's size, digest and `diff_id`, and that index, manifests, configs and layers agree.
/// Exit status: 0 nothing found, 1 something found, 2 could not tell.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The OCI image layout of an image or an index.
    pub layout: PathBuf,

    /// What a service's images must be, as JSON; relative paths in it are relative to the current directory.
    #[arg(long, value_name = "FILE")]
    pub contract: Option<PathBuf>,

    /// A further layout of the base, beside those in the contract; repeatable.
    #[arg(long, value_name = "LAYOUT", requires = "contract")]
    pub base: Vec<PathBuf>,

    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}
