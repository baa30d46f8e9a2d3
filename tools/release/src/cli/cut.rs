//! `release cut`: what can be typed.

use clap::Args;

use crate::cli::plan::SelectionArgs;

/// Tags releases and pushes the tags to origin, one push each, after showing the plan and asking.
///
/// Exit status: 0 every tag is pushed, 1 refused and nothing pushed, 2 could not tell or not finished.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct CutArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// Stop after showing the plan.
    #[arg(long)]
    pub dry_run: bool,

    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,

    /// Do not run git's pre-push hook.
    #[arg(long)]
    pub no_verify: bool,

    /// Print plan and pushed tags as JSON.
    #[arg(long)]
    pub json: bool,
}
