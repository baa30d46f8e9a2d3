//! `image_build compress`: stdin to stdout.

use std::fs::File;
use std::io;
use std::num::NonZero;
use std::os::fd::AsFd as _;
use std::thread;

use image_build::compress::{Format, Settings, compress};
use terminal::{Context as _, Exit, Failure};

use crate::cli::compress::{CompressArgs, FormatArg};

/// Runs the verb.
pub fn run(arguments: &CompressArgs) -> Result<Exit, Failure> {
    let format = match arguments.format {
        FormatArg::Gzip => Format::Gzip,
        FormatArg::Zstd => Format::Zstd,
    };
    let settings = Settings {
        format,
        level: arguments.level.unwrap_or_else(|| format.default_level()),
        threads: arguments.threads.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZero::<usize>::MIN),
    };
    // As files, because the standard library's stdout looks for line ends in all that is written.
    let input = io::stdin().as_fd().try_clone_to_owned().context("cannot use stdin")?;
    let output = io::stdout().as_fd().try_clone_to_owned().context("cannot use stdout")?;
    compress(File::from(input), File::from(output), &settings)?;
    Ok(Exit::Success)
}
