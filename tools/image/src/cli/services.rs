//! Which services: what `push` and `load` have in common.

use std::path::PathBuf;

use clap::Args;

/// Spec files, and a choice among the services in them.
#[derive(Debug, Args)]
pub struct ServicesArgs {
    /// File that says which layout belongs to which repository, as Bazel writes it. Targets of Bazel name their own, so
    /// that it is no choice of who runs them.
    #[arg(long = "spec", value_name = "FILE", required = true, num_args = 1.., hide = true)]
    pub specs: Vec<PathBuf>,

    /// Only this service; all when not given.
    #[arg(long = "service", value_name = "NAME", num_args = 1..)]
    pub names: Vec<String>,
}
