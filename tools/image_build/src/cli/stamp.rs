//! `image_build stamp`: what can be typed.

use std::path::PathBuf;

use clap::Args;

/// Fills `{STABLE_...}` in a template with the values of Bazel's workspace status.
#[derive(Debug, Args)]
pub struct StampArgs {
    /// The workspace status, a `KEY value` a line.
    #[arg(long, value_name = "FILE")]
    pub status: PathBuf,

    /// The template.
    #[arg(long, value_name = "FILE")]
    pub template: PathBuf,

    /// Where the filled in text goes.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
}
