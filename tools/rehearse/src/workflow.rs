//! The release workflow of a tag, as far as it is rehearsed: its jobs in the order of the file, their permissions, their steps.
//!
//! A key, an action or an expression that is not known here is an error, so that nothing of a release is passed over silently.

use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use terminal::Failure;

/// The workflow that releases services.
const OF_SERVICES: &str = ".depot/workflows/service-release.yaml";

/// The workflow that releases the client.
const OF_THE_CLIENT: &str = ".github/workflows/release.yaml";

/// What the client's tags begin with.
const CLIENT: &str = "cli/";

/// The actions that are not run, with what is there in place of each.
const STAND_INS: [(&str, &str); 2] = [
    ("./.depot/actions/setup-bazel", "this machine's Bazel and its caches"),
    ("actions/checkout", "a clone of the bare repository"),
];

/// The actions that are done as GitHub does them, each with what it may be told.
const UPLOAD: (&str, [&str; 4]) = ("actions/upload-artifact", ["name", "path", "if-no-files-found", "retention-days"]);
const DOWNLOAD: (&str, [&str; 2]) = ("actions/download-artifact", ["name", "path"]);

/// Keys of a job that change nothing here: jobs run one after the other, on this machine, and see no outputs of each other.
const UNUSED_OF_JOB: [&str; 7] =
    ["concurrency", "environment", "name", "needs", "outputs", "runs-on", "timeout-minutes"];

/// Keys of a step that change nothing here.
const UNUSED_OF_STEP: [&str; 1] = ["id"];

/// The workflow.
#[derive(Debug, Deserialize)]
pub struct Workflow {
    /// Where it is in the repository.
    #[serde(skip)]
    path: &'static str,
    /// Variables of all steps.
    #[serde(default)]
    pub env: IndexMap<String, String>,
    /// The jobs by their ids.
    pub jobs: IndexMap<String, Job>,
}

/// One job.
#[derive(Debug, Deserialize)]
pub struct Job {
    /// What its token may do: `read` or `write`, by what it may do it to.
    #[serde(default)]
    pub permissions: IndexMap<String, String>,
    /// What it does.
    pub steps: Vec<Step>,
    #[serde(flatten)]
    other: IndexMap<String, IgnoredAny>,
}

/// One step: a script or an action.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// What people see.
    pub name: String,
    /// Variables of its own.
    #[serde(default)]
    pub env: IndexMap<String, String>,
    run: Option<String>,
    uses: Option<String>,
    /// What the action is told.
    #[serde(default)]
    with: IndexMap<String, Value>,
    #[serde(flatten)]
    other: IndexMap<String, IgnoredAny>,
}

/// What a step does in a rehearsal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// Runs a script.
    Script(&'a str),
    /// Nothing: this is there in its place.
    StandIn(&'static str),
    /// Hands a folder on to later jobs.
    Upload(Artifact<'a>),
    /// Takes what an earlier job has handed on.
    Download(Artifact<'a>),
}

/// A folder that is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Artifact<'a> {
    /// What jobs know it by.
    pub name: &'a str,
    /// Where it is in the job: a value, see [`Workflow::value`].
    pub path: &'a str,
}

/// What expressions stand for in a job.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The tag.
    pub tag: &'a str,
    /// The token of the job.
    pub token: &'a str,
    /// The folder for what the job does not keep.
    pub temp: &'a Path,
}

/// Where the workflow is that a tag starts, in the repository.
pub fn path(tag: &str) -> &'static str {
    if tag.starts_with(CLIENT) { OF_THE_CLIENT } else { OF_SERVICES }
}

impl Workflow {
    /// Reads the workflow at a path, with nothing in it that is not known.
    pub fn parse(path: &'static str, text: &str) -> Result<Self, Failure> {
        let workflow: Self = serde_saphyr::from_str(text)
            .map_err(|error| Failure::caused_by(format!("`{path}` cannot be read"), &error))?;
        let workflow = Self { path, ..workflow };
        for job in workflow.jobs.values() {
            let unused = |key: &&String| !UNUSED_OF_JOB.contains(&key.as_str());
            if let Some(key) = job.other.keys().find(unused) {
                return Err(workflow.not_rehearsed(key));
            }
            for step in &job.steps {
                workflow.action(step)?;
            }
        }
        Ok(workflow)
    }

    /// Whether a job of it logs in to npm.
    pub fn needs_npm(&self) -> bool {
        self.jobs.values().any(Job::is_trusted_by_npm)
    }

    /// What one of its steps does.
    pub fn action<'a>(&self, step: &'a Step) -> Result<Action<'a>, Failure> {
        step.action().map_err(|part| self.not_rehearsed(part))
    }

    /// The value of a variable or of what an action is told: its text, the tag, the token of the job, or a path in its folder.
    pub fn value(&self, text: &str, values: &Values<'_>) -> Result<String, Failure> {
        match text {
            "${{ github.ref_name }}" => return Ok(values.tag.to_owned()),
            "${{ secrets.GITHUB_TOKEN }}" => return Ok(values.token.to_owned()),
            _ => {}
        }
        let below = text.strip_prefix("${{ runner.temp }}/");
        if below.unwrap_or(text).contains("${{") {
            return Err(self.not_rehearsed(text));
        }
        Ok(below.map_or_else(|| text.to_owned(), |below| values.temp.join(below).display().to_string()))
    }

    fn not_rehearsed(&self, part: &str) -> Failure {
        Failure::unknown(format!("`{part}` in `{}` is not rehearsed", self.path))
            .with_hint("what is rehearsed, and what stands in for the rest, is in `tools/rehearse/src/workflow.rs`")
    }
}

impl Job {
    /// Whether npm lets it publish: by the identity that GitHub attests, without a secret.
    pub fn is_trusted_by_npm(&self) -> bool {
        self.permissions.get("id-token").is_some_and(|right| right == "write")
    }
}

impl Step {
    /// What it does; the part that is not known.
    fn action(&self) -> Result<Action<'_>, &str> {
        if let Some(key) = self.other.keys().find(|key| !UNUSED_OF_STEP.contains(&key.as_str())) {
            return Err(key);
        }
        let Some(uses) = &self.uses else {
            return Ok(Action::Script(self.run.as_deref().unwrap_or_default()));
        };
        let action = uses.split('@').next().unwrap_or_default();
        if action == UPLOAD.0 {
            // GitHub's own default goes on with nothing.
            let is_strict = self.with.get("if-no-files-found").is_some_and(|answer| answer == "error");
            return if is_strict { self.artifact(&UPLOAD.1).map(Action::Upload) } else { Err(uses) };
        }
        if action == DOWNLOAD.0 {
            return self.artifact(&DOWNLOAD.1).map(Action::Download);
        }
        STAND_INS.iter().find(|(known, _)| *known == action).map(|(_, words)| Action::StandIn(words)).ok_or(uses)
    }

    fn artifact(&self, known: &[&str]) -> Result<Artifact<'_>, &str> {
        if let Some(key) = self.with.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(key);
        }
        let text = |key: &str| self.with.get(key).and_then(Value::as_str).ok_or(self.name.as_str());
        let artifact = Artifact { name: text("name")?, path: text("path")? };
        // A name is a folder's here, and GitHub takes only some more.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_name = !artifact.name.is_empty() && artifact.name.bytes().all(is_plain);
        if is_name { Ok(artifact) } else { Err(artifact.name) }
    }
}
