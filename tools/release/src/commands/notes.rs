//! `release notes`: reads the tag, finds out what is in it, prints that.

use std::path::Path;

use release::git::Repository;
use release::image_name;
use release::notes::{self, ImageReport, markdown};
use release::request;
use services::Services;
use terminal::{Exit, stderr, stdout};

use crate::cli::notes::NotesArgs;
use crate::commands::plan;

/// Runs the verb.
pub fn run(folder: &Path, arguments: &NotesArgs) -> anyhow::Result<Exit> {
    let tag = request::tag(&arguments.tag)?;
    let report = arguments.image_report.as_deref().map(|file| ImageReport::read(file, &tag)).transpose()?;
    let image = image_name::at(arguments.registry.as_deref(), &tag)?;
    let repository = Repository::open(folder)?;
    Services::read(repository.root())?.with_cli().expect(tag.service())?;
    if !arguments.no_fetch {
        repository.fetch([tag.service()])?;
    }
    let closures = plan::closures(&repository, &arguments.closures)?;
    let mut notes = notes::make(&repository, &tag, closures.as_ref(), report)?;
    notes.image = image;
    if !notes.checked_out {
        stderr::print_line(&format!("warning: `{tag}` is not checked out, so files that only it has may be missed"));
    }
    plan::warn_of_broken(&notes.broken);
    if arguments.json {
        stdout::print_json(&notes)?;
    } else {
        stdout::print(&markdown(&notes))?;
    }
    Ok(Exit::Success)
}
