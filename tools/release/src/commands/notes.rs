//! `release notes`: reads the tag, finds out what is in it, prints that.

use std::path::Path;

use release::build::closure::BazelClosures;
use release::build::{Sources, destination, sources};
use release::git::Repository;
use release::notes::{self, Notes, Subject, markdown};
use release::plan::request;
use release_tag::Tag;
use services::CLI;
use terminal::{Exit, Failure, stdout};

use crate::cli::notes::NotesArgs;
use crate::commands::plan;

/// Runs the verb.
pub fn run(folder: &Path, arguments: &NotesArgs) -> Result<Exit, Failure> {
    let tag = request::tag(&arguments.tag)?;
    let repository = Repository::open(folder)?;
    if !arguments.no_fetch {
        repository.fetch([tag.service().as_str()])?;
    }
    let notes = make(&repository, tag, arguments.registry.as_deref())?;
    plan::warn_of_broken(&notes.broken);
    if arguments.json {
        stdout::print_json(&notes)?;
    } else {
        stdout::print(&markdown(&notes))?;
    }
    Ok(Exit::Success)
}

fn make(repository: &Repository, tag: Tag, registry: Option<&str>) -> Result<Notes, Failure> {
    let service = tag.service().to_string();
    let commit = notes::commit(repository, &tag)?;
    sources::services(repository, &commit)?.expect(&service)?;
    let progress = progress_bar::on_stderr();
    let mut sources = Sources::to_ask(repository, progress.as_ref());
    let bazel = sources.bazel(&commit)?;
    let image = match service.as_str() {
        CLI => None,
        service => Some(destination::repository(&bazel, service, registry)?.to_string()),
    };
    let subject = Subject { tag, commit, image, report: None, files: Vec::new() };
    Ok(notes::make(repository, subject, &BazelClosures::new(bazel))?)
}
