//! `image inspect`: looks, prints the tree or the JSON.

use image::inspect::{inspect, render};
use terminal::{Exit, Failure, stdout};

use super::typed_path;
use crate::cli::inspect::InspectArgs;

/// Runs the verb.
pub fn run(arguments: &InspectArgs) -> Result<Exit, Failure> {
    let layout = typed_path::layout(&arguments.layout)?;
    let inspection = inspect(&layout)?;
    if arguments.json {
        stdout::print_json(&inspection)?;
    } else {
        stdout::print(&render(&inspection))?;
    }
    let problems = inspection.problems();
    if problems == 0 {
        return Ok(Exit::Success);
    }
    // What could be read is shown all the same: people inspect a layout because something is wrong with it.
    let message = format!("{problems} part(s) of `{}` are unreadable or unsound", layout.display());
    Err(Failure::unknown(message).with_hint(typed_path::command("check", &layout)))
}
