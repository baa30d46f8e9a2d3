//! The one thing that the tool does: rehearse, and say what came of it.

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use anyhow::Context as _;
use rehearse::environment;
use rehearse::git::git;
use rehearse::interruption;
use rehearse::rehearsal::{Rehearsal, RehearsalError, Request, rehearse};
use terminal::{Exit, Table, UsageError, stdout};

use crate::cli::Cli;

/// A part of the rehearsal panicked: it has said why on stderr.
#[derive(Debug, thiserror::Error)]
#[error("a part of the rehearsal failed, what it said is above")]
struct PartError;

/// Runs the tool.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    let request = request(cli)?;
    interruption::watch().context("cannot listen for Ctrl-C")?;
    let progress = progress_bar::on_stderr();
    if !git(&request.repository, &["status", "--porcelain"])?.is_empty() {
        progress.note("there are changes that are not committed: they are not rehearsed");
    }
    // The parts are those of the tests, which panic with all that is known.
    let outcome = catch_unwind(AssertUnwindSafe(|| rehearse(&request, progress.as_ref())));
    let rehearsal = outcome.map_err(|_| PartError)??;
    stdout::print(&text(&request.tag, &rehearsal))?;
    Ok(if rehearsal.is_success() { Exit::Success } else { Exit::Refused })
}

fn request(cli: Cli) -> anyhow::Result<Request> {
    let typed_in = match environment::read(environment::BUILD_WORKING_DIRECTORY) {
        Some(folder) => PathBuf::from(folder),
        None => env::current_dir().context("the current folder is gone")?,
    };
    let folder = cli.repository.map_or(typed_in.clone(), |named| typed_in.join(named));
    let repository = PathBuf::from(git(&folder, &["rev-parse", "--show-toplevel"])?);
    let caches =
        environment::caches().ok_or_else(|| UsageError::new("there is no home folder", "set `XDG_CACHE_HOME`"))?;
    Ok(Request { repository, workflow: cli.workflow, tag: cli.tag, caches })
}

/// The table of the steps, and what is published.
fn text(tag: &str, rehearsal: &Rehearsal) -> String {
    let mut table = Table::new(&["job", "step", "seconds", "outcome"]);
    for job in &rehearsal.jobs {
        for (place, step) in job.steps.iter().enumerate() {
            let id = if place == 0 { job.id.clone() } else { String::new() };
            let seconds = format!("{:7.1}", step.took.as_secs_f32());
            table.push(vec![id, step.name.clone(), seconds, step.outcome.to_string()]);
        }
    }
    let images = rehearsal.images.iter().map(|image| format!("image    {image}\n"));
    let releases = rehearsal.releases.iter().map(|(tag, word)| format!("release  {tag} ({word})\n"));
    let published: String = images.chain(releases).collect();
    let published = if published.is_empty() { "nothing is published\n".to_owned() } else { published };
    let verdict = if rehearsal.is_success() { "every job was done" } else { "FAILED" };
    format!("{}\n{published}\n{tag}: {verdict}\n", table.render())
}

/// How a run ended that ended with an error.
pub fn exit(error: &anyhow::Error) -> Exit {
    if interruption::is_requested() {
        return Exit::Interrupted;
    }
    let is_refusal = error.downcast_ref::<RehearsalError>().is_some_and(RehearsalError::is_refusal);
    if is_refusal { Exit::Refused } else { Exit::Error }
}

/// What to do about an error, where one of its causes knows.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let usage = || cause.downcast_ref::<UsageError>().map(|usage| usage.hint().to_owned());
        let rehearsal = || cause.downcast_ref::<RehearsalError>().and_then(RehearsalError::hint).map(str::to_owned);
        rehearsal().or_else(usage)
    })
}
