//! Which services: what `push` and `load` have in common.

use std::path::PathBuf;

use clap::Args;

/// Spec files, and a choice among the services in them.
#[derive(Debug, Args)]
pub struct ServicesArgs {
    /// File that says which layout belongs to which repository, as Bazel writes it.
    #[arg(long = "spec", value_name = "FILE", required = true, num_args = 1..)]
    pub specs: Vec<PathBuf>,

    /// Only this service; all when not given.
    #[arg(long = "service", value_name = "NAME", num_args = 1..)]
    pub names: Vec<String>,
}
