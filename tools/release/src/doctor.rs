//! What is missing or wrong, on this machine and in the repository's settings, before a release finds out.
//!
//! Owns the list of questions and what to do about each answer. Changes nothing.

use registry::{self, RetryPolicy};
use release_tag::Version;
use serde::Serialize;
use terminal::Diagnostic as _;
use terminal::progress::Progress;

use crate::build::{Bazel, BuildError, destination};
use crate::environment;
use crate::git::{GitError, Repository};
use crate::github::{GitHub, GitHubError};
use crate::interruption::{Interrupted, wait};
use terminal::printable::chain;

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was asked.
    pub question: &'static str,
    /// The answer.
    pub state: State,
    /// In a few words.
    pub detail: String,
    /// What to do, where there is something to do.
    pub fix: Option<String>,
}

/// How an answer is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Fine,
    /// Not as it should be.
    Wrong,
    /// Not to be seen from here.
    Unknown,
}

/// What is asked about.
#[derive(Clone, Copy)]
pub struct DoctorRequest<'a> {
    /// The clone.
    pub repository: &'a Repository,
    /// One of its services: its images are asked for.
    pub service: &'a str,
    /// Where images are instead of the services' own repositories.
    pub registry: Option<&'a str>,
    /// GitHub, or why there is none to ask.
    pub github: Result<&'a GitHub, &'a GitHubError>,
    /// Who is told what happens.
    pub progress: &'a dyn Progress,
}

/// Asks everything.
///
/// # Errors
/// When the program was interrupted.
pub fn examine(request: DoctorRequest<'_>) -> Result<Vec<Finding>, Interrupted> {
    let mut findings = vec![origin(request.repository), main(request.repository), work_tree(request.repository)];
    request.progress.note("asking Bazel");
    findings.push(bazel(request.repository));
    request.progress.note("asking the registry");
    findings.push(registry(request)?);
    request.progress.note("asking GitHub");
    findings.extend(wait(github(request.github))?);
    Ok(findings)
}

fn fine(question: &'static str, detail: impl Into<String>) -> Finding {
    Finding { question, state: State::Fine, detail: detail.into(), fix: None }
}

fn wrong(question: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding { question, state: State::Wrong, detail: detail.into(), fix: Some(fix.into()) }
}

fn unknown(question: &'static str, detail: impl Into<String>, fix: Option<String>) -> Finding {
    Finding { question, state: State::Unknown, detail: detail.into(), fix }
}

fn origin(repository: &Repository) -> Finding {
    const QUESTION: &str = "origin answers";
    match repository.fetch([]) {
        Ok(()) => fine(QUESTION, "main is up to date"),
        Err(error @ GitError::Origin(_)) => unknown(QUESTION, chain(&error), error.hint()),
        Err(error) => {
            wrong(QUESTION, chain(&error), error.hint().unwrap_or_else(|| "push a branch `main` to it".to_owned()))
        }
    }
}

/// Whether what is checked out could be released.
fn main(repository: &Repository) -> Finding {
    const QUESTION: &str = "what is checked out is on main";
    let answer = repository.head().and_then(|head| Ok((repository.is_on_main(&head)?, head)));
    match answer {
        Ok((true, head)) => fine(QUESTION, head.short()),
        Ok((false, head)) => wrong(QUESTION, format!("{} is not", head.short()), "git switch main && git pull"),
        Err(error) => unknown(QUESTION, chain(&error), None),
    }
}

fn work_tree(repository: &Repository) -> Finding {
    const QUESTION: &str = "the work tree is clean";
    match repository.is_dirty() {
        Ok(false) => fine(QUESTION, "nothing to commit"),
        Ok(true) => {
            wrong(QUESTION, "there are changes that are in no commit", "git stash --include-untracked, or commit")
        }
        Err(error) => unknown(QUESTION, chain(&error), None),
    }
}

fn bazel(repository: &Repository) -> Finding {
    const QUESTION: &str = "Bazel runs";
    let arguments = ["info", "--noshow_progress", "--ui_event_filters=-info,-debug", "release"];
    match Bazel::new(repository.root()).output(&arguments) {
        Ok(output) if output.status.success() => fine(QUESTION, String::from_utf8_lossy(&output.stdout).trim()),
        Ok(output) => wrong(QUESTION, format!("{}, what it said is above", output.status), "./bazelw info"),
        Err(error) => wrong(QUESTION, chain(&error), "run it in a clone of the repository, which has `bazelw`"),
    }
}

/// Only reading can be asked for without leaving something behind. Whether it has such a version does not matter.
fn registry(request: DoctorRequest<'_>) -> Result<Finding, Interrupted> {
    const QUESTION: &str = "the registry answers";
    let bazel = Bazel::new(request.repository.root());
    let repository = match destination::repository(&bazel, request.service, request.registry) {
        Ok(repository) => repository,
        Err(error @ BuildError::Reference(_)) => return Ok(wrong(QUESTION, chain(&error), "check `--registry`")),
        Err(error) => return Ok(unknown(QUESTION, chain(&error), None)),
    };
    let retry = RetryPolicy { attempts: 2, ..RetryPolicy::default() };
    Ok(match wait(registry::resolve(&repository, &Version::first(), &retry, request.progress))? {
        Ok(_) => fine(QUESTION, format!("`{repository}` can be read; whether it can be written shows with a push")),
        Err(error @ registry::Error::Denied { .. }) => wrong(QUESTION, chain(&error), error.hint().unwrap_or_default()),
        Err(error) => unknown(QUESTION, chain(&error), error.hint()),
    })
}

async fn github(github: Result<&GitHub, &GitHubError>) -> Vec<Finding> {
    const QUESTION: &str = "GitHub knows the token";
    let github = match github {
        Ok(github) => github,
        Err(error) => return vec![wrong(QUESTION, chain(error), error.hint().unwrap_or_default())],
    };
    if let Err(error) = github.see().await {
        let finding = match &error {
            GitHubError::Transport { .. } | GitHubError::Status { .. } | GitHubError::RateLimited { .. } => {
                unknown(QUESTION, chain(&error), error.hint())
            }
            _ => wrong(QUESTION, chain(&error), error.hint().unwrap_or_default()),
        };
        return vec![finding];
    }
    let mut findings = vec![fine(QUESTION, format!("it sees `{}`", github.repository()))];
    findings.extend(settings(github).await);
    findings
}

/// The settings that keep what is published as it is, and a workflow from writing more than it should.
async fn settings(github: &GitHub) -> Vec<Finding> {
    const TAGS: &str = "release tags cannot be moved";
    const RELEASES: &str = "published releases cannot be changed";
    const WORKFLOWS: &str = "workflows only read unless a job asks for more";
    let settings = match github.settings().await {
        Ok(settings) => settings,
        Err(error) => {
            return [TAGS, RELEASES, WORKFLOWS].map(|question| unknown(question, chain(&error), error.hint())).into();
        }
    };
    let page = |path: &str| github.repository().settings(path);
    let judge = |question, answer, detail: &str, fix: String| match answer {
        Some(true) => fine(question, "set"),
        Some(false) => wrong(question, detail, fix),
        None => {
            let token = environment::GITHUB_TOKEN;
            unknown(question, format!("the token of `{token}` may not see it"), Some(fix))
        }
    };
    vec![
        judge(
            TAGS,
            settings.tags_are_protected,
            "no active tag ruleset forbids both updates and deletions",
            format!("{}: target `*/v*`, restrict updates and deletions", page("/rules/new?target=tag")),
        ),
        judge(
            RELEASES,
            settings.releases_are_immutable,
            "immutable releases are off",
            format!("{}: enable release immutability", page("")),
        ),
        judge(
            WORKFLOWS,
            settings.workflows_only_read,
            "their token may write everything",
            format!("{}: read repository contents and packages permissions", page("/actions")),
        ),
    ]
}
