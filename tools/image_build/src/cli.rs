//! What can be typed: clap types only. Each verb's file in `commands/` turns its arguments into a validated request.

pub mod assemble;
pub mod compress;
pub mod index;
pub mod layout_output;
pub mod stamp;

use clap::{Parser, Subcommand};

use assemble::AssembleArgs;
use compress::CompressArgs;
use index::IndexArgs;
use stamp::StampArgs;

/// Makes layers, images and indexes out of files, for Bazel's actions.
#[derive(Debug, Parser)]
#[command(name = "image_build", bin_name = "image_build", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one value a process")]
pub enum Command {
    Assemble(AssembleArgs),
    Compress(CompressArgs),
    Index(IndexArgs),
    Stamp(StampArgs),
}
