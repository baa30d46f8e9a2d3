//! What is missing or wrong, on this machine and in the repository's settings, before a release finds out.
//!
//! Owns the list of questions and what to do about each answer. Changes nothing.

use registry::{self, RetryPolicy};
use serde::Serialize;
use terminal::Diagnostic as _;
use terminal::progress::Progress;

use crate::bazel::Bazel;
use crate::environment;
use crate::github::{GitHub, GitHubError};
use crate::image_name;
use crate::printable::chain;
use crate::publish;
use crate::repository::{Repository, RepositoryError, TRACKED_MAIN};

/// A tag that nobody has.
const NO_TAG: &str = "v0.0.0-doctor";

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

/// Who is asked.
#[derive(Clone, Copy)]
pub struct Patient<'a> {
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
pub async fn examine(patient: Patient<'_>) -> Vec<Finding> {
    let mut findings = vec![origin(patient.repository), main(patient.repository), work_tree(patient.repository)];
    patient.progress.note("asking Bazel");
    findings.push(bazel(patient.repository));
    patient.progress.note("asking the registry");
    findings.push(registry(patient).await);
    patient.progress.note("asking GitHub");
    findings.extend(github(patient.github).await);
    findings
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
    match repository.fetch(&[]) {
        Ok(()) => fine(QUESTION, "main is up to date"),
        Err(error @ RepositoryError::Origin(_)) => unknown(QUESTION, chain(&error), error.hint().map(str::to_owned)),
        Err(error) => wrong(QUESTION, chain(&error), error.hint().unwrap_or("push a branch `main` to it")),
    }
}

/// Whether what is checked out could be released.
fn main(repository: &Repository) -> Finding {
    const QUESTION: &str = "what is checked out is on main";
    let names = ["HEAD^{commit}".to_owned(), format!("{TRACKED_MAIN}^{{commit}}")];
    let answer = repository.objects(&names).map(|objects| <[_; 2]>::try_from(objects).unwrap_or_default());
    match answer {
        Ok([Some(head), Some(main)]) => match repository.is_ancestor(&head, &main) {
            Ok(true) => fine(QUESTION, head.short()),
            Ok(false) => wrong(QUESTION, format!("{} is not", head.short()), "git switch main && git pull"),
            Err(error) => unknown(QUESTION, chain(&error), None),
        },
        Ok(_) => unknown(QUESTION, "there is no commit, or origin has no main", None),
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

/// Only reading can be asked for without leaving something behind.
async fn registry(patient: Patient<'_>) -> Finding {
    const QUESTION: &str = "the registry answers";
    let repository = publish::repository(&image_name::repository(patient.service), patient.registry);
    let (repository, tag) = match (repository, NO_TAG.parse()) {
        (Ok(repository), Ok(tag)) => (repository, tag),
        (Err(error), _) | (_, Err(error)) => return wrong(QUESTION, chain(&error), "check `--registry`"),
    };
    let retry = RetryPolicy { attempts: 2, ..RetryPolicy::default() };
    match registry::resolve(&repository, &tag, &retry, patient.progress).await {
        Ok(_) => fine(QUESTION, format!("`{repository}` can be read; whether it can be written shows with a push")),
        Err(error @ registry::Error::Denied { .. }) => wrong(QUESTION, chain(&error), error.hint().unwrap_or_default()),
        Err(error) => unknown(QUESTION, chain(&error), error.hint()),
    }
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
