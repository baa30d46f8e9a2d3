//! `image_build compress`: what can be typed.

use std::num::NonZero;

use clap::{Args, ValueEnum};

/// Compresses stdin to stdout, with the same bytes on every machine.
#[derive(Debug, Args)]
pub struct CompressArgs {
    /// Format of the output.
    #[arg(long, value_enum, default_value_t = FormatArg::Gzip)]
    pub format: FormatArg,

    /// Level of the format: 1 to 9 for gzip, 1 to 19 for zstd.
    #[arg(long, value_name = "N")]
    pub level: Option<u32>,

    /// Threads that compress at a time; does not change the output. As many as there are cores when left out.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZero<usize>>,
}

/// A compressed format.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FormatArg {
    /// gzip, one member.
    Gzip,
    /// Zstandard, one frame.
    Zstd,
}
