//! `release publish`: reads the tags, publishes, says what became of each.

mod output;

use std::path::Path;
use std::sync::Arc;

use registry::RetryPolicy;
use release::environment;
use release::git::Repository;
use release::github::{Access, GitHub, GitHubError, Patience, Slug};
use release::plan::request;
use release::publish::{PublishContext, PublishRequest, Published, Steps, publish};
use terminal::progress::Progress;
use terminal::{Diagnostic as _, Exit, Failure};

use crate::cli::publish::{PartArg, PublishArgs};
use crate::commands::plan::prereleases;

/// Runs the verb.
pub fn run(folder: &Path, arguments: &PublishArgs) -> Result<Exit, Failure> {
    // The grammar first: nothing else sees a text that breaks it.
    let tags = request::image_tags(&arguments.tags)?;
    let repository = Repository::open(folder)?;
    let steps = match arguments.only {
        None => Steps::All,
        Some(PartArg::Image) => Steps::Image,
        Some(PartArg::GithubRelease) => Steps::GitHubRelease,
    };
    let progress: Arc<dyn Progress> = progress_bar::on_stderr().into();
    let github = match steps {
        Steps::Image => None,
        Steps::All | Steps::GitHubRelease => Some(github(&repository, Patience::of_a_job(progress.clone()))?),
    };
    let request = PublishRequest {
        tags,
        prereleases: prereleases(arguments.allow_prerelease_off_main),
        steps,
        registry: arguments.registry.clone(),
        dry_run: arguments.dry_run,
    };
    let context = PublishContext {
        repository: &repository,
        github: github.as_ref(),
        retry: RetryPolicy { attempts: arguments.attempts.get(), ..RetryPolicy::default() },
        progress: progress.as_ref(),
    };
    // Tags are written last, and every step looks whether it is done: the next run goes on.
    let published = publish(context, &request)?;
    output::print(&published, steps, arguments.json)?;
    Ok(exit(&published))
}

/// GitHub as the environment, or else origin's address, says.
pub fn github(repository: &Repository, patience: Patience) -> Result<GitHub, GitHubError> {
    let token = environment::read(environment::GITHUB_TOKEN).ok_or(GitHubError::NoToken)?;
    let token = token.to_string_lossy().into_owned();
    let slug = Slug::find(repository)?.ok_or(GitHubError::NoRepository)?;
    GitHub::new(Access { repository: slug, token: token.into(), patience })
}

/// A "don't know" weighs more than a "no": the latter is final, the former must be looked at.
fn exit(published: &[Published]) -> Exit {
    let errors = || published.iter().filter_map(Published::error);
    if errors().any(|error| !error.is_refusal()) {
        Exit::Error
    } else if errors().next().is_some() {
        Exit::Refused
    } else {
        Exit::Success
    }
}
