//! `release status`: what can be typed.

use clap::Args;
use release::environment;

/// Says where every service stands: its last release, and how much is on main since that can change its
/// image, and whether the registry has it; of the client, with `GITHUB_TOKEN`, whether its release is on GitHub.
///
/// Exit status: 0 all is told, 2 the registry, GitHub or git could not tell.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Take main and tags as this clone last saw them.
    #[arg(long)]
    pub no_fetch: bool,

    /// Ask neither the registry nor GitHub whether they have the last releases.
    #[arg(long)]
    pub no_registry: bool,

    /// Ask there instead of in the services' own repositories.
    #[arg(long, value_name = "[https://]HOST[/PREFIX]", env = environment::RELEASE_REGISTRY)]
    pub registry: Option<String>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
