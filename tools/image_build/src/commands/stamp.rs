//! `image_build stamp`: reads both files, fills in, writes.

use std::fs;
use std::path::Path;

use image_build::stamp::stamp;
use terminal::{Context as _, Exit, Failure};

use crate::cli::stamp::StampArgs;

/// Runs the verb.
pub fn run(arguments: &StampArgs) -> Result<Exit, Failure> {
    let status = read(&arguments.status)?;
    let template = read(&arguments.template)?;
    let stamped =
        stamp(&template, &status).with_context(|| format!("cannot fill in `{}`", arguments.template.display()))?;
    fs::write(&arguments.output, stamped).with_context(|| format!("cannot write `{}`", arguments.output.display()))?;
    Ok(Exit::Success)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}
