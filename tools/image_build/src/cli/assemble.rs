//! `image_build assemble`: what can be typed.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::cli::layout_output::{BlobsArg, OutputArgs};

/// Assembles an image from layers, on top of a base or of nothing.
#[derive(Debug, Args)]
pub struct AssembleArgs {
    #[command(flatten)]
    pub output: OutputArgs,

    /// Layout of the image to build on.
    #[arg(long, value_name = "DIR", required_unless_present = "os", conflicts_with_all = ["os", "architecture", "variant"])]
    pub base: Option<PathBuf>,

    /// Operating system of an image without a base, such as `linux`.
    #[arg(long, requires = "architecture", value_parser = NonEmptyStringValueParser::new())]
    pub os: Option<String>,

    /// Architecture of an image without a base, such as `amd64`.
    #[arg(long, requires = "os", value_parser = NonEmptyStringValueParser::new())]
    pub architecture: Option<String>,

    /// Variant of the architecture, such as `v8`.
    #[arg(long, requires = "os", value_parser = NonEmptyStringValueParser::new())]
    pub variant: Option<String>,

    /// Tar archive that becomes a layer, plain or compressed with gzip or zstd; lowest first.
    #[arg(long = "layer", value_name = "FILE")]
    pub layers: Vec<PathBuf>,

    /// Label that the layer was built from, one for each layer in the same order.
    #[arg(long = "created-by", value_name = "LABEL")]
    pub created_by: Vec<String>,

    /// File with the time of creation, RFC 3339.
    #[arg(long, value_name = "FILE")]
    pub created: Option<PathBuf>,

    /// File with the entrypoint, one argument a line. Removes the base's command.
    #[arg(long, value_name = "FILE")]
    pub entrypoint: Option<PathBuf>,

    /// File with the command, one argument a line.
    #[arg(long, value_name = "FILE")]
    pub cmd: Option<PathBuf>,

    /// File with the exposed ports on one line, comma separated.
    #[arg(long, value_name = "FILE")]
    pub exposed_ports: Option<PathBuf>,

    /// File with the volumes on one line, comma separated.
    #[arg(long, value_name = "FILE")]
    pub volumes: Option<PathBuf>,

    /// File with the environment, a `KEY=VALUE` a line; `$KEY` and `${KEY}` mean what is set before.
    #[arg(long, value_name = "FILE")]
    pub env: Option<PathBuf>,

    /// File with the labels, a `name=value` a line.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,

    /// File with the manifest's annotations, a `name=value` a line.
    #[arg(long, value_name = "FILE")]
    pub annotations: Option<PathBuf>,

    /// User or uid, with or without `:group`. Empty leaves the base's.
    #[arg(long)]
    pub user: Option<String>,

    /// Working directory. Empty leaves the base's.
    #[arg(long, value_name = "PATH")]
    pub workdir: Option<String>,

    /// How layers get into the layout.
    #[arg(long, value_enum, default_value_t = BlobsArg::Link)]
    pub blobs: BlobsArg,
}
