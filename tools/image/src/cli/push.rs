//! `image push`: what can be typed.

use std::num::{NonZeroU32, NonZeroUsize};

use clap::Args;

use crate::cli::services::ServicesArgs;

/// What scripts and administrators need to know; the variables' constants are in the library's `environment`.
const AFTER_HELP: &str = "\
Exit status:
  0    every tag is in place
  1    refused: a tag exists with another digest
  2    could not tell, or could not finish: the same command may be run again
  130  interrupted

Environment:
  DOCKER_CONFIG  folder with docker's `config.json`, which has the credentials [default: ~/.docker]
  DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE
                 such a file's text, which is looked at first; podman's file, which is looked at last
  SSL_CERT_FILE  PEM file with certificate authorities that are trusted beside the system's
  HTTPS_PROXY, ALL_PROXY, NO_PROXY
                 proxy for registries elsewhere, and hosts that are reached without it (`*`, `example.com`,
                 `.example.com:5000`, `10.0.0.0/8`); this machine is always reached directly";

/// Publishes the images of services. A tag that exists with another digest is refused; one that has this digest is
/// left alone.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct PushArgs {
    #[command(flatten)]
    pub services: ServicesArgs,

    /// Publish there instead: everything before the repositories' last component is replaced. Plain http is spoken with
    /// this machine only (`localhost` and below, `127.0.0.0/8`, `::1`), and not where `https://` stands in front.
    #[arg(long, value_name = "[https://]HOST[/PREFIX]", conflicts_with = "repository")]
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

    /// Repository of the same registry that may have layers already, so that they need not be sent. What the
    /// repositories of one push have is shared among them without being asked for.
    #[arg(long, value_name = "REPOSITORY")]
    pub mount_from: Option<String>,

    /// How many blobs travel at once, over all services.
    #[arg(long, value_name = "N", default_value = "4")]
    pub concurrency: NonZeroUsize,

    /// How often a request is sent at most when the registry does not answer or asks to wait.
    #[arg(long, value_name = "N", default_value = "6")]
    pub attempts: NonZeroUsize,

    /// Give an attempt up when nothing moves for this long. An upload that is slow but moves is left alone.
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub timeout: NonZeroU32,
}
