//! The release workflow, as far as it is rehearsed: its jobs in the order of the file, their permissions, their steps.
//!
//! A key, an action or an expression that is not known here is an error, so that nothing of a release is passed over silently.

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use terminal::Failure;

/// Where it is in the repository.
pub const PATH: &str = ".depot/workflows/service-release.yaml";

/// The actions that are not run, with what is there in place of each.
const STAND_INS: [(&str, &str); 2] = [
    ("./.depot/actions/setup-bazel", "this machine's Bazel and its caches"),
    ("actions/checkout", "a clone of the bare repository"),
];

/// Keys of a job that change nothing here: jobs run one after the other, on this machine, and see no outputs of each other.
const UNUSED_OF_JOB: [&str; 6] = ["environment", "name", "needs", "outputs", "runs-on", "timeout-minutes"];

/// Keys of a step that change nothing here.
const UNUSED_OF_STEP: [&str; 2] = ["id", "with"];

/// The workflow.
#[derive(Debug, Deserialize)]
pub struct Workflow {
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
    /// The script that it is.
    pub run: Option<String>,
    uses: Option<String>,
    #[serde(flatten)]
    other: IndexMap<String, IgnoredAny>,
}

impl Workflow {
    /// Reads a workflow, with nothing in it that is not known.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let workflow: Self = serde_saphyr::from_str(text)
            .map_err(|error| Failure::caused_by(format!("`{PATH}` cannot be read"), &error))?;
        for job in workflow.jobs.values() {
            let unused = |key: &&String| !UNUSED_OF_JOB.contains(&key.as_str());
            let of_job = job.other.keys().find(unused).map(String::as_str);
            if let Some(part) = of_job.or_else(|| job.steps.iter().find_map(Step::unknown)) {
                return Err(not_rehearsed(part));
            }
        }
        Ok(workflow)
    }
}

impl Step {
    /// What is there in place of the action.
    pub fn stand_in(&self) -> Option<&'static str> {
        let action = self.uses.as_ref()?.split('@').next()?;
        STAND_INS.iter().find(|(known, _)| *known == action).map(|(_, words)| *words)
    }

    fn unknown(&self) -> Option<&str> {
        let key = self.other.keys().find(|key| !UNUSED_OF_STEP.contains(&key.as_str()));
        let action = self.uses.as_ref().filter(|_| self.stand_in().is_none());
        key.or(action).map(String::as_str)
    }
}

/// The value of a variable: its text, the tag, or the token of the job.
pub fn value<'a>(text: &'a str, tag: &'a str, token: &'a str) -> Result<&'a str, Failure> {
    match text {
        "${{ github.ref_name }}" => Ok(tag),
        "${{ secrets.GITHUB_TOKEN }}" => Ok(token),
        text if text.contains("${{") => Err(not_rehearsed(text)),
        text => Ok(text),
    }
}

fn not_rehearsed(part: &str) -> Failure {
    Failure::unknown(format!("`{part}` in `{PATH}` is not rehearsed"))
        .with_hint("what is rehearsed, and what stands in for the rest, is in `tools/rehearse/src/workflow.rs`")
}
