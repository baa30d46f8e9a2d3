//! `image load`: what can be typed.

use clap::Args;

use crate::cli::services::ServicesArgs;

/// Loads the images of services into the local Docker or podman, sending only what it lacks.
#[derive(Debug, Args)]
pub struct LoadArgs {
    #[command(flatten)]
    pub services: ServicesArgs,

    /// What the one selected service is called in the daemon, instead of its local tag.
    #[arg(long, value_name = "REPOSITORY:TAG")]
    pub tag: Option<String>,

    /// Image to load, `OS/ARCHITECTURE[/VARIANT]`; the daemon's own platform when not given.
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<String>,

    /// Print all details as JSON.
    #[arg(long)]
    pub json: bool,
}
