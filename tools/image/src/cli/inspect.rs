//! `image inspect`: what can be typed.

use std::path::PathBuf;

use clap::Args;

/// Shows what is in a layout: platforms, configs, layers, sizes, digests.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The OCI image layout of an image or an index.
    pub layout: PathBuf,

    /// Print everything as JSON.
    #[arg(long)]
    pub json: bool,
}
