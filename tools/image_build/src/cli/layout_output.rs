//! What all verbs that write a layout have in common.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Where the results go.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Folder for the layout: absent or empty.
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,

    /// File to write the digest to.
    #[arg(long, value_name = "FILE")]
    pub digest_output: Option<PathBuf>,

    /// File to write a copy of the layout's `index.json` to.
    #[arg(long, value_name = "FILE")]
    pub index_output: Option<PathBuf>,
}

/// How a blob that exists as a file gets into a layout.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum BlobsArg {
    /// As a relative symbolic link.
    Link,
    /// As a copy.
    Copy,
}
