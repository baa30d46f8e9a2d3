//! What can be typed: clap types only.

use std::path::PathBuf;

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

/// Runs the commands of the release workflow for a tag: in a clone of what is committed, against a registry, npm's registry and a
/// GitHub API on this machine. Nothing is published anywhere else.
#[derive(Debug, Parser)]
#[command(name = "rehearse", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// The tag that arrives, `<service>/vMAJOR.MINOR.PATCH[-PRE]`. One that does not exist is made, on the commit at hand, in the
    /// rehearsal's own repository.
    // Hyphens are allowed so that a hostile name is refused for what it is and not for how it looks on a command line.
    #[arg(value_name = "TAG", allow_hyphen_values = true)]
    pub tag: String,

    /// Leave what was published in a new folder: the packages of npm in `npm`, the files of releases in `release`. Without it, all
    /// is gone with the servers.
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,

    /// Let the jobs work in another clone, of this name: it has another path, and builds for itself.
    #[arg(long, value_name = "NAME", value_parser = clone_name)]
    pub clone: Option<String>,
}

/// The name becomes part of a folder's.
fn clone_name(text: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !text.is_empty() && text.bytes().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("use small letters and digits")
    }
}
