//! What can be typed: clap types only.

use clap::Parser;

/// What scripts need to know.
const AFTER_HELP: &str = "\
Exit status:
  0    every job was done
  1    a job failed as it would in CI
  2    could not tell: the workflow has something that is not rehearsed, or a server of the rehearsal failed
  130  interrupted

Environment:
  UNKEY_BAZEL  as for `bazelw`: it takes the place of what the workflow sets";

/// Runs the commands of the release workflow for a tag: in a clone of what is committed, against a registry and a GitHub API on
/// this machine. Nothing is published anywhere else.
#[derive(Debug, Parser)]
#[command(name = "rehearse", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// The tag that arrives, `<service>/vMAJOR.MINOR.PATCH[-PRE]`. One that does not exist is made, on the commit at hand, in the
    /// rehearsal's own repository.
    // Hyphens are allowed so that a hostile name is refused for what it is and not for how it looks on a command line.
    #[arg(value_name = "TAG", allow_hyphen_values = true)]
    pub tag: String,
}
