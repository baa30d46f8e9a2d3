//! `image push`: what can be typed.

use std::num::NonZeroUsize;

use clap::Args;

use crate::cli::services::ServicesArgs;

/// Publishes the images of services. A tag that exists with another digest is refused; one that has this digest is
/// left alone.
#[derive(Debug, Args)]
pub struct PushArgs {
    #[command(flatten)]
    pub services: ServicesArgs,

    /// Publish there instead: everything before the repositories' last component is replaced.
    #[arg(long, value_name = "HOST[/PREFIX]", conflicts_with = "repository")]
    pub registry: Option<String>,

    /// Publish the one selected service in this repository instead.
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,

    /// Version to publish, `vMAJOR.MINOR.PATCH[-PRE]`.
    #[arg(long = "tag", value_name = "TAG", num_args = 1..)]
    pub tags: Vec<String>,

    /// Publish under `v0.0.0-dev.<start of the digest>`, which is the same for the same image.
    #[arg(long)]
    pub development_tag: bool,

    /// Only look: say what would be sent, and refuse what would be refused.
    #[arg(long)]
    pub dry_run: bool,

    /// Print all details as JSON.
    #[arg(long)]
    pub json: bool,

    /// Repository of the same registry that may have layers already, so that they need not be sent.
    #[arg(long, value_name = "REPOSITORY")]
    pub mount_from: Option<String>,

    /// How many blobs travel at once, over all services.
    #[arg(long, value_name = "N", default_value = "4")]
    pub concurrency: NonZeroUsize,

    /// How often a request is sent at most when the registry does not answer or asks to wait.
    #[arg(long, value_name = "N", default_value = "6")]
    pub attempts: NonZeroUsize,
}
