//! `release publish`: what can be typed.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use release::environment;

/// What scripts and administrators need to know; the variables' constants are in the library's `environment`.
const AFTER_HELP: &str = "\
Exit status:
  0    every tag is published
  1    refused: a tag that must not be released, an image that breaks its contract, a version that is taken, a file of a
       release that is there with other bytes
  2    could not tell, or could not finish: the same command may be run again
  130  interrupted; the same command may be run again

Environment:
  GITHUB_TOKEN       who makes the release on GitHub
  GITHUB_REPOSITORY  the repository on GitHub [default: origin's]
  GITHUB_SERVER_URL  where its pages are [default: https://github.com]
  GITHUB_API_URL     where its API is [default: that of GITHUB_SERVER_URL]
  XDG_CACHE_HOME     where it builds, in `unkey/releases` [default: ~/.cache]
  NPM_CONFIG_*       npm's own settings: which registry, and who publishes there
  DOCKER_CONFIG      folder with docker's `config.json`, which has the registry's credentials [default: ~/.docker]";

/// Publishes tags: builds their images with stamps, holds them against the contract, pushes them, makes releases on GitHub. Of
/// `cli/vX.Y.Z`: builds the client's archives and packages, publishes those of npm, makes the release on GitHub that has the others.
///
/// Each step looks whether it is done already, so the same command finishes what an interrupted one has left and
/// changes nothing else.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct PublishArgs {
    /// The tags, each `SERVICE/vX.Y.Z` or `SERVICE@vX.Y.Z`, of services that each come once; the client's, `cli/vX.Y.Z`, by itself.
    // Not with `allow_hyphen_values` as in `check`: of several values those behind the first would take flags for tags.
    #[arg(value_name = "TAG", required = true, env = environment::RELEASE_TAG, hide_env_values = true)]
    pub tags: Vec<OsString>,

    /// Do a part: a workflow's jobs have no more rights than they need.
    #[arg(long, value_enum, value_name = "PART")]
    pub only: Option<PartArg>,

    /// Publish images there instead of in the services' own repositories. Plain http is spoken with this machine only.
    #[arg(long, value_name = "[https://]HOST[/PREFIX]", env = environment::RELEASE_REGISTRY)]
    pub registry: Option<String>,

    /// The folder with what is built of the client: made where it is not there or empty, and else taken, if it is of this tag
    /// and commit and no file in it has changed. Default: one among the caches.
    #[arg(long, value_name = "DIR")]
    pub dist: Option<PathBuf>,

    /// Let pre-releases pass that are not on main.
    #[arg(long)]
    pub allow_prerelease_off_main: bool,

    /// Build and look: say what would be published, and refuse what would be refused.
    #[arg(long)]
    pub dry_run: bool,

    /// Print all details as JSON.
    #[arg(long)]
    pub json: bool,

    /// How often a request to the registry is sent at most when it does not answer or asks to wait.
    #[arg(long, value_name = "N", default_value = "6")]
    pub attempts: NonZeroUsize,
}

/// What `--only` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PartArg {
    /// Up to the image in the registry.
    Image,
    /// Everything of the client that is published later, in a folder (`--dist`). Publishes nothing.
    Archives,
    /// The client's packages in npm's registry, of what `archives` has built.
    Npm,
    /// The release on GitHub, of an image that is in the registry or of what `archives` has built.
    GithubRelease,
}
