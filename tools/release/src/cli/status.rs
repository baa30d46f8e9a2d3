//! `release status`: what can be typed.

use clap::Args;

use crate::cli::plan::ClosuresArgs;

/// Says where every service stands: its last release, and how much is on main since that can change its image.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Take main and tags as this clone last saw them.
    #[arg(long)]
    pub no_fetch: bool,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub closures: ClosuresArgs,
}
