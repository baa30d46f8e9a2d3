//! `image_build index`: what can be typed.

use std::path::PathBuf;

use clap::Args;

use crate::cli::layout_output::{BlobsArg, OutputArgs};

/// Makes an image index of the images in several layouts.
#[derive(Debug, Args)]
pub struct IndexArgs {
    #[command(flatten)]
    pub output: OutputArgs,

    /// Layout of an image, in the order of the index.
    #[arg(long = "image", value_name = "DIR", required = true)]
    pub images: Vec<PathBuf>,

    /// File with the index manifest's annotations, a `name=value` a line.
    #[arg(long, value_name = "FILE")]
    pub annotations: Option<PathBuf>,

    /// How the images' blobs get into the layout.
    #[arg(long, value_enum, default_value_t = BlobsArg::Copy)]
    pub blobs: BlobsArg,
}
