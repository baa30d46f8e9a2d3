//! `release publish`: reads the tags, publishes, says what became of each. `client` does so for the client's.

mod client;
mod client_output;
mod output;

use std::path::Path;
use std::sync::Arc;

use registry::RetryPolicy;
use release::git::Repository;
use release::github::{Access, GitHub, GitHubError, Patience, Slug};
use release::plan::request;
use release::publish::{PublishContext, PublishRequest, Published, Steps, publish};
use release::{Error, environment};
use release_tag::Tag;
use terminal::progress::Progress;
use terminal::{Diagnostic as _, Exit, Failure};

use crate::cli::publish::{PartArg, PublishArgs};
use crate::commands::plan::prereleases;

/// Runs the verb.
pub fn run(folder: &Path, arguments: &PublishArgs) -> Result<Exit, Failure> {
    // The grammar first: nothing else sees a text that breaks it.
    match request::published(&arguments.tags)? {
        request::Published::Images(tags) => images(folder, arguments, tags),
        request::Published::Client(tag) => client::run(folder, arguments, tag),
    }
}

/// What can be typed behind a service's tag.
const PARTS: [&str; 2] = ["--only image", "--only github-release"];

fn images(folder: &Path, arguments: &PublishArgs, tags: Vec<Tag>) -> Result<Exit, Failure> {
    let refused = |flag| Error::Part { flag, tag: tags[0].clone(), parts: &PARTS };
    let steps = match arguments.only {
        None => Steps::All,
        Some(PartArg::Image) => Steps::Image,
        Some(PartArg::GithubRelease) => Steps::GitHubRelease,
        Some(PartArg::Archives) => return Err(refused("--only archives").into()),
        Some(PartArg::Npm) => return Err(refused("--only npm").into()),
    };
    if arguments.dist.is_some() {
        return Err(refused("--dist").into());
    }
    let repository = Repository::open(folder)?;
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
    Ok(exit(&published.iter().filter_map(Published::error).collect::<Vec<_>>()))
}

/// GitHub as the environment, or else origin's address, says.
pub fn github(repository: &Repository, patience: Patience) -> Result<GitHub, GitHubError> {
    let token = environment::read(environment::GITHUB_TOKEN).ok_or(GitHubError::NoToken)?;
    let token = token.to_string_lossy().into_owned();
    let slug = Slug::find(repository)?.ok_or(GitHubError::NoRepository)?;
    GitHub::new(Access { repository: slug, token: token.into(), patience })
}

/// A "don't know" weighs more than a "no": the latter is final, the former must be looked at.
fn exit(errors: &[&Error]) -> Exit {
    if errors.iter().any(|error| !error.is_refusal()) {
        Exit::Error
    } else if errors.is_empty() {
        Exit::Success
    } else {
        Exit::Refused
    }
}
