//! `release closure`: what can be typed.

use std::ffi::OsString;

use clap::Args;

/// Lists the files that can change the images of services, as Bazel knows them, and those that can change the client: `cli`.
#[derive(Debug, Args)]
pub struct ClosureArgs {
    /// Services, or `cli`; all services where none is named.
    #[arg(value_name = "SERVICE")]
    pub services: Vec<OsString>,

    /// Print an object from service to closure.
    #[arg(long)]
    pub json: bool,
}
