//! What workflows and actions may not say, as functions from their texts to findings, so that each rule can be tried on
//! a text that breaks it. Says nothing about what they do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rehearse::workflow::{Action, Job, Right, Step, Text, Workflow};

use super::workspace;

/// The workflow that has the right to publish.
pub const RELEASE: &str = "workflows/service-release.yaml";

/// The workflow that pull requests start.
pub const CI: &str = "workflows/ci.yaml";

/// What a job of the release workflow may write, and nothing else may.
const WRITES: [(&str, &str); 2] = [("image", "packages"), ("release", "contents")];

/// All files below `.depot` by their paths.
pub type Files = BTreeMap<String, String>;

/// The files as they are.
pub fn files() -> Files {
    fn read(folder: &Path, prefix: &str, files: &mut Files) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
            if entry.path().is_dir() {
                read(&entry.path(), &format!("{name}/"), files);
            } else {
                files.insert(name, fs::read_to_string(entry.path()).unwrap());
            }
        }
    }

    let mut files = Files::new();
    read(&workspace(".depot"), "", &mut files);
    files
}

/// What is wrong with these files, one line each.
pub fn findings(files: &Files) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, text) in files {
        let found = if name.starts_with("workflows/") {
            Workflow::parse(name, text).map(|workflow| of_workflow(name, &workflow))
        } else {
            Action::parse(name, text).map(|action| of_steps(&action.runs.steps))
        };
        let found = found.unwrap_or_else(|error| vec![format!("{error}: {:?}", std::error::Error::source(&error))]);
        findings.extend(found.into_iter().chain(of_text(text)).map(|finding| format!("{name}: {finding}")));
    }
    findings
}

/// What has to be looked for in the text, because it is lost in parsing or would not get through it.
fn of_text(text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for line in text.lines().map(str::trim) {
        let uses = line.trim_start_matches("- ").strip_prefix("uses: ");
        if uses.is_some_and(|uses| !uses.starts_with("./.depot/actions/") && !is_pinned(uses)) {
            findings.push(format!("`{line}` is not pinned to a commit with its version behind it"));
        }
    }
    for word in ["pull_request_target", "workflow_run", "workflow_dispatch", "secrets: inherit", "actions/cache"] {
        if text.contains(word) {
            findings.push(format!("`{word}` is in it"));
        }
    }
    findings
}

/// `owner/name@<40 hex digits> # vX.Y.Z`.
fn is_pinned(uses: &str) -> bool {
    let Some((commit, version)) = uses.split_once('@').and_then(|(_, rest)| rest.split_once(" # v")) else {
        return false;
    };
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let numbers: Vec<_> = version.split('.').collect();
    commit.len() == 40
        && commit.bytes().all(is_hex)
        && numbers.len() == 3
        && numbers.iter().all(|number| number.parse::<u32>().is_ok())
}

fn of_workflow(name: &str, workflow: &Workflow) -> Vec<String> {
    let mut findings = Vec::new();
    if !workflow.permissions.is_empty() {
        findings.push("gives all jobs permissions".to_owned());
    }
    if workflow.defaults.as_ref().is_none_or(|defaults| defaults.run.shell != "bash") {
        findings.push("lets a failure in a pipe pass".to_owned());
    }
    if workflow.concurrency.group.trim().is_empty() {
        findings.push("has no concurrency group".to_owned());
    }
    if workflow.env.values().any(|text| text.as_str().contains("secrets.")) {
        findings.push("gives all jobs a secret".to_owned());
    }
    for (id, job) in &workflow.jobs {
        let found = of_rights(name, id, job).into_iter().chain(of_job(name, job)).chain(of_steps(&job.steps));
        findings.extend(found.map(|finding| format!("job `{id}` {finding}")));
    }
    findings
}

fn of_rights(name: &str, id: &str, job: &Job) -> Vec<String> {
    let Some(permissions) = &job.permissions else { return vec!["does not say its permissions".to_owned()] };
    let may = |right: &str| name == RELEASE && WRITES.contains(&(id, right));
    let written = permissions.iter().filter(|(_, right)| **right == Right::Write);
    written.filter(|(right, _)| !may(right)).map(|(right, _)| format!("may write {right}")).collect()
}

fn of_job(name: &str, job: &Job) -> Vec<String> {
    let mut findings = Vec::new();
    if !job.runs_on.starts_with("depot-ubuntu-") {
        findings.push(format!("runs on `{}`, which is none of Depot's", job.runs_on));
    }
    if job.env.values().any(|text| text.as_str().contains("secrets.")) {
        findings.push("gives all steps a secret".to_owned());
    }
    let texts = || job.steps.iter().flat_map(|step| step.env.values().chain(step.with.values()));
    // The token of the job itself is as narrow as its permissions.
    let is_secret = |text: &str| text.replace("secrets.GITHUB_TOKEN", "").contains("secrets.");
    if job.environment.is_none() && texts().any(|text| is_secret(text.as_str())) {
        findings.push("uses a secret that no environment guards".to_owned());
    }
    for step in job.steps.iter().filter(|step| step.uses.as_deref() == Some("./.depot/actions/setup-bazel")) {
        let cache = step.with.get("cache").map_or("", |text| text.as_str());
        if (name == RELEASE) != (cache == "release") {
            findings.push(format!("uses the cache `{cache}`"));
        }
    }
    findings
}

fn of_steps(steps: &[Step]) -> Vec<String> {
    let mut findings = Vec::new();
    for step in steps {
        let says = |finding: &str| format!("step `{}` {finding}", step.name);
        let uses = step.uses.as_deref().unwrap_or_default();
        let given = |input: &str| step.with.get(input).map(Text::as_str);
        if step.run.is_some() == step.uses.is_some() {
            findings.push(says("is not either a script or an action"));
        }
        if step.run.as_deref().is_some_and(|script| script.contains("${{")) {
            findings.push(says("has an expression in its script"));
        }
        if uses.starts_with("actions/checkout@") && given("persist-credentials") != Some("false") {
            findings.push(says("leaves the job's token in the clone"));
        }
    }
    findings
}
