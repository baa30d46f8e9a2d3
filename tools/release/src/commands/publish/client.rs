//! `release publish` of the client's tag.

use std::path::Path;
use std::sync::Arc;

use release::client::{ClientContext, ClientRequest, ClientSteps, publish};
use release::git::Repository;
use release::github::Patience;
use release::{Error, environment};
use release_tag::Tag;
use terminal::progress::Progress;
use terminal::{Exit, Failure};

use super::{client_output, exit, github};
use crate::cli::publish::{PartArg, PublishArgs};
use crate::commands::plan::prereleases;

/// What can be typed behind the client's tag.
const PARTS: [&str; 3] = ["--only archives", "--only npm", "--only github-release"];

/// Publishes it, and says what became of it.
pub(super) fn run(folder: &Path, arguments: &PublishArgs, tag: Tag) -> Result<Exit, Failure> {
    let steps = match arguments.only {
        None => ClientSteps::All,
        Some(PartArg::Archives) => ClientSteps::Archives,
        Some(PartArg::Npm) => ClientSteps::Npm,
        Some(PartArg::GithubRelease) => ClientSteps::GitHubRelease,
        Some(PartArg::Image) => return Err(Error::Part { flag: "--only image", tag, parts: &PARTS }.into()),
    };
    let repository = Repository::open(folder)?;
    let progress: Arc<dyn Progress> = progress_bar::on_stderr().into();
    let patience = || Patience::of_a_job(progress.clone());
    let github = steps.has_github().then(|| github(&repository, patience())).transpose()?;
    // Where it was typed, as `-C` is.
    let typed_in = environment::read(environment::BUILD_WORKING_DIRECTORY);
    let dist = arguments
        .dist
        .as_ref()
        .map(|dist| typed_in.map_or_else(|| dist.clone(), |folder| Path::new(&folder).join(dist)));
    let request = ClientRequest {
        tag,
        prereleases: prereleases(arguments.allow_prerelease_off_main),
        steps,
        dist,
        dry_run: arguments.dry_run,
    };
    let context = ClientContext {
        repository: &repository,
        github: github.as_ref(),
        packages: &release::client::NpmPackages::new(&repository),
        progress: progress.as_ref(),
    };
    let report = publish(context, &request)?;
    client_output::print(&report, arguments.json)?;
    Ok(exit(report.error().as_slice()))
}
