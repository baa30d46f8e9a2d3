//! `release cut`: shows the plan, asks, pushes, and says how to go on.

use std::io;
use std::path::Path;

use release::git::{Hooks, Repository};
use release::github::Slug;
use release::interruption::wait;
use release::plan::Plan;
use release::plan::cut::cut;
use release_tag::Tag;
use serde::Serialize;
use terminal::{Context as _, Exit, Failure, stderr, stdout};
use tokio::task::spawn_blocking;

use crate::cli::cut::CutArgs;
use crate::commands::{plan, plan_text};

/// What `--json` prints.
#[derive(Serialize)]
struct Output<'a> {
    plan: &'a Plan,
    dry_run: bool,
    pushed: &'a [Tag],
}

/// Runs the verb.
pub fn run(folder: &Path, arguments: CutArgs) -> Result<Exit, Failure> {
    let repository = Repository::open(folder)?;
    let force = arguments.selection.force;
    let plan = plan::make(&repository, arguments.selection)?;
    stderr::print(&plan_text::text(&plan));
    plan::warn(&plan);
    if !force {
        plan.refuse_identical()?;
    }
    let mut pushed = Vec::new();
    if arguments.dry_run {
        stderr::print_line("\ndry run: nothing was tagged");
        return print(arguments.json, &Output { plan: &plan, dry_run: true, pushed: &pushed });
    }
    if !arguments.yes {
        confirm(&plan)?;
    }
    let hooks = if arguments.no_verify { Hooks::Skip } else { Hooks::Run };
    let result = cut(&repository, &plan, hooks, |tag| {
        stderr::print_line(&format!("pushed {tag}"));
        pushed.push(tag.clone());
    });
    print(arguments.json, &Output { plan: &plan, dry_run: false, pushed: &pushed })?;
    // Only GitHub is known to show what CI does with a tag.
    if let (false, Ok(Some(github))) = (pushed.is_empty(), Slug::find(&repository)) {
        stderr::print_line(&format!("\nwatch: {}", github.checks(&plan.commit)));
    }
    result?;
    Ok(Exit::Success)
}

fn print(json: bool, output: &Output) -> Result<Exit, Failure> {
    if json {
        stdout::print_json(output)?;
    } else {
        stdout::print_lines(output.pushed)?;
    }
    Ok(Exit::Success)
}

/// Goes on only after a yes. A script has no terminal and says `--yes`, or pipes the answer.
fn confirm(plan: &Plan) -> Result<(), Failure> {
    let tags: Vec<String> = plan.releases.iter().map(|release| release.tag.to_string()).collect();
    stderr::print(&format!("\npush {} to origin? [y/N] ", tags.join(", ")));
    // On a thread that nobody waits for: reading goes on after Ctrl-C.
    let read = || {
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    };
    let answer = wait(async { spawn_blocking(read).await.map_err(io::Error::other).flatten() })?;
    let answer = answer.context("cannot read the answer")?;
    if !answer.ends_with('\n') {
        stderr::print_line("");
    }
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::refused("not confirmed, nothing was tagged").with_hint("answer `y`, or use `--yes`"))
}
