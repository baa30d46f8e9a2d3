//! `release plan`: reads what was typed, makes the plan, prints it.

use std::path::Path;

use release::build::Bazel;
use release::build::closure::BazelClosures;
use release::check::Prereleases;
use release::git::Repository;
use release::plan::request::{self, ForBareNames};
use release::plan::{self, Plan, PlanRequest};
use release_tag::prerelease::Label;
use release_tag::{Bump, Tag};
use services::Services;
use terminal::{Exit, Failure, stderr, stdout};

use crate::cli::plan::{BumpArg, PlanArgs, SelectionArgs};
use crate::commands::plan_text;

/// Runs the verb. A plan that would be refused for what it is, and not for how it was asked for, is printed all the same.
pub fn run(folder: &Path, arguments: PlanArgs) -> Result<Exit, Failure> {
    let repository = Repository::open(folder)?;
    let force = arguments.selection.force;
    let plan = make(&repository, arguments.selection)?;
    if arguments.json {
        stdout::print_json(&plan)?;
    } else {
        stdout::print(&plan_text::text(&plan))?;
    }
    warn(&plan);
    if !force {
        plan.refuse_identical()?;
    }
    Ok(Exit::Success)
}

/// Makes the plan of what was typed.
pub fn make(repository: &Repository, arguments: SelectionArgs) -> Result<Plan, Failure> {
    let label = if arguments.rc { Some(Label::release_candidate()) } else { arguments.pre };
    let bare = ForBareNames { version: arguments.version, bump: arguments.bump.map(Bump::from), label };
    let services = Services::read(repository.root())?.with_cli();
    let request = PlanRequest {
        targets: request::parse(&arguments.services, &bare, &services)?,
        prereleases: prereleases(arguments.allow_prerelease_off_main),
        fetch: !arguments.no_fetch,
        log: !arguments.no_log,
        force: arguments.force,
    };
    Ok(plan::make(repository, &request, &BazelClosures::new(Bazel::new(repository.root())))?)
}

/// Says what a plan leaves out.
pub fn warn(plan: &Plan) {
    if plan.dirty {
        stderr::print_line("warning: the work tree has changes that are in no commit, and so in no release");
    }
    if !plan.on_main {
        stderr::print_line(&format!("warning: `{}` is not on origin's main", plan.commit.short()));
    }
    warn_of_broken(&plan.broken);
}

/// Says which tags nothing was compared with.
pub fn warn_of_broken(tags: &[Tag]) {
    for tag in tags {
        let line =
            format!("warning: tag `{tag}` does not point at a commit, so what was released before it is compared with");
        stderr::print_line(&line);
    }
}

/// What the flag of that name says.
pub fn prereleases(allow_off_main: bool) -> Prereleases {
    if allow_off_main { Prereleases::Anywhere } else { Prereleases::OnMain }
}

impl From<BumpArg> for Bump {
    fn from(bump: BumpArg) -> Self {
        match bump {
            BumpArg::Patch => Self::Patch,
            BumpArg::Minor => Self::Minor,
            BumpArg::Major => Self::Major,
        }
    }
}
