//! `release verify`: what can be typed.

use std::ffi::OsString;

use clap::Args;
use release::environment;

/// Rebuilds a published tag in a clean checkout and compares the digests: whether the image is what the sources make.
///
/// Without any cache, so it takes as long as a first build. A machine with other compilers makes another image: verify where
/// the build's dependencies come from where the release's came from.
///
/// Exit status: 0 the same, 1 another image or none, 2 could not tell.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The tag, `SERVICE/vX.Y.Z` or `SERVICE@vX.Y.Z`.
    // Hyphens are allowed so that a hostile name is refused for what it is and not for how it looks on a command line.
    #[arg(value_name = "TAG", env = environment::RELEASE_TAG, hide_env_values = true, allow_hyphen_values = true)]
    pub tag: OsString,

    /// Look there instead of in the service's own repository.
    #[arg(long, value_name = "[https://]HOST[/PREFIX]", env = environment::RELEASE_REGISTRY)]
    pub registry: Option<String>,

    /// Take what was built before from Bazel's cache: a matter of seconds, and as trustworthy as that cache.
    #[arg(long)]
    pub trust_cache: bool,

    /// Let pre-releases pass that are not on main.
    #[arg(long)]
    pub allow_prerelease_off_main: bool,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
