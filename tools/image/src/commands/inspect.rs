//! `image inspect`: looks, prints the tree or the JSON.

use image::inspect::{inspect, render};
use terminal::{Exit, stdout};

use crate::cli::inspect::InspectArgs;

/// Runs the verb.
pub fn run(arguments: &InspectArgs) -> anyhow::Result<Exit> {
    let inspection = inspect(&arguments.layout)?;
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
    eprintln!("error: {problems} part(s) of `{}` are unreadable or unsound", arguments.layout.display());
    eprintln!("\nhint: image check {}", arguments.layout.display());
    Ok(Exit::Error)
}
