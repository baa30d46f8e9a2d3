//! `unkey documents`: what can be typed. Not for users: the release puts what it writes into its archives.

use std::path::PathBuf;

use clap::Args;

/// Writes the completions of all shells and the man pages.
#[derive(Debug, Args)]
pub struct DocumentsArgs {
    /// Where to: below it come `completions/` and `man/`.
    pub folder: PathBuf,
}
