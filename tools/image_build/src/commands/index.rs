//! `image_build index`: makes the index, writes the side files.

use image_build::index::{Request, index};
use terminal::{Exit, Failure};

use crate::cli::index::IndexArgs;
use crate::commands::layout_output;

/// Runs the verb.
pub fn run(arguments: IndexArgs) -> Result<Exit, Failure> {
    let written = index(&Request {
        output: arguments.output.output.clone(),
        images: arguments.images,
        annotations: arguments.annotations,
        blobs: arguments.blobs.into(),
    })?;
    layout_output::write_side_files(&arguments.output, &written)?;
    Ok(Exit::Success)
}
