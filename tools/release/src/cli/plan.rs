//! `release plan`, and what `release cut` shares with it: what can be typed.

use std::ffi::OsString;

use clap::{Args, ValueEnum};
use release_tag::prerelease::Label;

/// Says what a cut would do: tags, commit, and what is new since each service's last stable release.
///
/// Exit status: 0 it could be cut, 1 it would be refused, 2 could not tell.
#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// Print the plan as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which releases, and what is asked before.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct SelectionArgs {
    /// Services, each as `SERVICE`, `SERVICE@vX.Y.Z` or `SERVICE/vX.Y.Z`.
    #[arg(value_name = "SERVICE", required = true)]
    pub services: Vec<OsString>,

    /// Version of every service that has none of its own.
    #[arg(long, value_name = "vX.Y.Z", conflicts_with_all = ["bump", "pre", "rc"])]
    pub version: Option<OsString>,

    /// What is raised in the last stable version of every service that has no version of its own [default: patch, or with
    /// `--pre` and `--rc` the version that the highest pre-release leads to].
    #[arg(long, value_enum)]
    pub bump: Option<BumpArg>,

    /// Make the next pre-release `-LABEL.N` of the raised version.
    #[arg(long, value_name = "LABEL", conflicts_with = "rc")]
    pub pre: Option<Label>,

    /// Make the next release candidate: `--pre rc`.
    #[arg(long)]
    pub rc: bool,

    /// Let pre-releases be made of commits that are not on main.
    #[arg(long)]
    pub allow_prerelease_off_main: bool,

    /// Release also what would come out identical to the last release, and a commit that lacks that one.
    #[arg(long)]
    pub force: bool,

    /// Take main and tags as this clone last saw them.
    #[arg(long)]
    pub no_fetch: bool,

    /// Do not list what is new.
    #[arg(long)]
    pub no_log: bool,
}

/// What `--bump` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BumpArg {
    Patch,
    Minor,
    Major,
}
