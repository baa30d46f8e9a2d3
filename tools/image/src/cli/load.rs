//! `image load`: what can be typed.

use clap::Args;

use crate::cli::services::ServicesArgs;

/// What scripts and administrators need to know; the variables' constants are in the library's `environment`.
const AFTER_HELP: &str = "\
Exit status:
  0    every image is there
  2    one is not: the same command may be run again

Environment:
  DOCKER_HOST     where the daemon listens: `unix://PATH`, `tcp://HOST:PORT`
  DOCKER_CONTEXT  the docker context to use, where there is no DOCKER_HOST
  DOCKER_TLS_VERIFY, DOCKER_TLS, DOCKER_CERT_PATH
                  as for docker: whether DOCKER_HOST is spoken to by TLS, and the folder with its certificates
  DOCKER_CONFIG   folder with docker's `config.json` and contexts [default: ~/.docker]";

/// Loads the images of services into the local Docker or podman, sending only what it lacks.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
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
