//! A whole rehearsal: the tag arrives at the bare repository, and the jobs of the workflow at that tag are run.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use terminal::progress::Progress;

use crate::bazel;
use crate::context::{Context, Outputs};
use crate::environment;
use crate::expression::{ExpressionError, expand, holds};
use crate::gate::GateError;
use crate::home;
use crate::job::{self, JobError, Stage};
use crate::remote::{Remote, RemoteError};
use crate::report::{JobReport, Outcome, StepReport};
use crate::schedule::{self, ScheduleError};
use crate::stand_ins::{self, VariableStandIn};
use crate::tag_filter;
use crate::workflow::{Job, Right, SyntaxError, Texts, Workflow};
use crate::world::{REPOSITORY, World};

/// Who has pushed the tag.
const ACTOR: &str = "octocat";

/// Where every job has its clone: by one path, as on a runner, so that the second job finds what Bazel did for the first.
const WORKSPACE: &str = "workspace";

/// The home of every job, by one path too.
const HOME: &str = "home";

/// Why there is no rehearsal.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The tag starts nothing.
    #[error("tag `{tag}` does not start `{workflow}`")]
    NotStarted {
        /// The tag.
        tag: String,
        /// The workflow.
        workflow: String,
    },
    /// A job says something that is not rehearsed.
    #[error("job `{job}` has a {part}, which is not rehearsed")]
    Part {
        /// The job.
        job: String,
        /// What it says.
        part: &'static str,
    },
    /// A folder cannot be used.
    #[error("cannot use `{path}`")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The bare repository.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The workflow's file.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The order of the jobs.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// An expression of the workflow or of a job, not of a step.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// The registry.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// A step.
    #[error(transparent)]
    Job(#[from] JobError),
}

impl RehearsalError {
    /// Whether the answer is a "no" rather than a "don't know".
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::NotStarted { .. } | Self::Remote(RemoteError::Name { .. }))
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotStarted { .. } => Some("a tag is `<service>/vX.Y.Z` of a service that the workflow lists"),
            Self::Remote(RemoteError::NoFile { .. }) => Some("what is not committed is not rehearsed"),
            Self::Job(_) => Some("what stands in for what is a table in `tools/rehearse/src/stand_ins.rs`"),
            _ => None,
        }
    }
}

/// What is rehearsed and where.
#[derive(Debug, Clone)]
pub struct Request {
    /// The repository, whose commit is the end of main.
    pub repository: PathBuf,
    /// The workflow's path in it.
    pub workflow: String,
    /// The tag that arrives.
    pub tag: String,
    /// The user's caches.
    pub caches: PathBuf,
}

impl Request {
    /// The folder of the clone and the home of a job. It stays, because Bazel keeps what it has done by the path of a clone.
    fn folder(&self) -> PathBuf {
        self.caches.join("unkey/rehearsal")
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Rehearsal {
    /// The jobs in their order.
    pub jobs: Vec<JobReport>,
    /// The images that are in the registry now.
    pub images: Vec<String>,
    /// The releases that are on GitHub now, with what they are.
    pub releases: Vec<(String, &'static str)>,
}

impl Rehearsal {
    /// Whether every job was done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.jobs.iter().all(JobReport::is_success)
    }
}

/// Rehearses. Nothing of it is published anywhere else than on this machine, and for no longer than this takes.
///
/// # Errors
/// When the tag starts nothing, and when something cannot be rehearsed. What fails as it would in CI is in the report.
pub fn rehearse(request: &Request, progress: &dyn Progress) -> Result<Rehearsal, RehearsalError> {
    let folder = request.folder();
    let folder_error = |source| RehearsalError::Folder { path: folder.clone(), source };
    fs::create_dir_all(&folder).map_err(folder_error)?;
    let lock = File::create(folder.join("lock")).map_err(folder_error)?;
    if lock.try_lock().is_err() {
        progress.note("another rehearsal is running, this one waits for it");
        lock.lock().map_err(folder_error)?;
    }
    let temp = tempfile::Builder::new().prefix("unkey-rehearsal-").tempdir().map_err(folder_error)?;
    let remote = Remote::make(&request.repository, &temp.path().join("remote.git"), &request.tag)?;
    let workflow = Workflow::parse(&request.workflow, &remote.file(&request.workflow)?)?;
    let patterns = workflow.on.get("push").cloned().flatten().map(|filter| filter.tags).unwrap_or_default();
    if !tag_filter::matches(&patterns, &request.tag) {
        return Err(RehearsalError::NotStarted { tag: request.tag.clone(), workflow: request.workflow.clone() });
    }
    let world = World::start()?;
    let play = Play { request, remote: &remote, workflow: &workflow, world: &world, temp: temp.path(), progress };
    let jobs = play.jobs();
    bazel::shut_down(&folder.join(WORKSPACE), &folder.join(HOME));
    let jobs = jobs?;
    Ok(Rehearsal { jobs, images: world.images(), releases: world.releases() })
}

/// All that the jobs have in common.
struct Play<'a> {
    request: &'a Request,
    remote: &'a Remote,
    workflow: &'a Workflow,
    world: &'a World,
    temp: &'a Path,
    progress: &'a dyn Progress,
}

impl Play<'_> {
    fn jobs(&self) -> Result<Vec<JobReport>, RehearsalError> {
        let mut reports: Vec<JobReport> = Vec::new();
        let mut outputs: BTreeMap<String, Outputs> = BTreeMap::new();
        for id in schedule::order(self.workflow)? {
            let job = &self.workflow.jobs[id];
            let context = self.context(id, job, &outputs);
            let is_needed_done = job.needs.iter().all(|needed| outputs.contains_key(needed));
            if !is_needed_done {
                reports.push(not_run(id, Outcome::NotReached));
                continue;
            }
            if let Some(condition) = &job.condition
                && !holds(condition.as_str(), &context)?
            {
                reports.push(not_run(id, Outcome::NotWanted { condition: condition.to_string() }));
                continue;
            }
            let (report, told) = self.job(id, job, context)?;
            if report.is_success() {
                outputs.insert(id.to_owned(), told);
            }
            reports.push(report);
        }
        Ok(reports)
    }

    fn job(&self, id: &str, job: &Job, context: Context) -> Result<(JobReport, Outputs), RehearsalError> {
        if job.strategy.is_some() {
            return Err(RehearsalError::Part { job: id.to_owned(), part: "matrix" });
        }
        self.progress.note(&format!("job `{id}`: {}", expand(&job.name, &context)?));
        let temp = self.temp.join(id);
        let [workspace, home] = [WORKSPACE, HOME].map(|name| self.request.folder().join(name));
        for folder in [&temp, &workspace] {
            fs::create_dir_all(folder).map_err(|source| RehearsalError::Folder { path: folder.clone(), source })?;
        }
        home::make(&home, &self.request.caches)
            .map_err(|source| RehearsalError::Folder { path: home.clone(), source })?;
        let mut environment = self.environment(&temp, &workspace, &home);
        environment.extend(self.variables(&self.workflow.env, &context)?);
        environment.extend(self.variables(&job.env, &context)?);
        let permissions = job.permissions.as_ref().unwrap_or(&self.workflow.permissions);
        self.world.grant(&token(id), permissions);
        let shell = self.workflow.defaults.as_ref().map(|defaults| defaults.run.shell.as_str());
        let (temp, workspace) = (temp.as_path(), workspace.as_path());
        let (remote, progress) = (self.remote, self.progress);
        let may_clone = permissions.get("contents").is_some_and(|right| *right != Right::None);
        let stage = Stage { workspace, temp, remote, environment, shell, may_clone, progress };
        Ok(job::run(id, job, stage, context)?)
    }

    fn context(&self, id: &str, job: &Job, outputs: &BTreeMap<String, Outputs>) -> Context {
        let needed = outputs.iter().filter(|(other, _)| job.needs.contains(other));
        Context {
            github: BTreeMap::from([
                ("actor", ACTOR.to_owned()),
                ("event_name", "push".to_owned()),
                ("ref", format!("refs/tags/{}", self.remote.tag())),
                ("ref_name", self.remote.tag().to_owned()),
                ("ref_type", "tag".to_owned()),
                ("repository", REPOSITORY.to_owned()),
                ("sha", self.remote.commit().to_owned()),
            ]),
            secrets: BTreeMap::from([("GITHUB_TOKEN".to_owned(), token(id))]),
            needs: needed.map(|(id, outputs)| (id.clone(), outputs.clone())).collect(),
            ..Context::default()
        }
    }

    /// What a runner gives to every step, and what the steps have of the user's.
    fn environment(&self, temp: &Path, workspace: &Path, home: &Path) -> BTreeMap<String, String> {
        let mut environment = environment::of_the_user();
        let own = [
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_ACTOR", ACTOR.to_owned()),
            ("GITHUB_API_URL", self.world.api_url()),
            ("GITHUB_EVENT_NAME", "push".to_owned()),
            ("GITHUB_REF", format!("refs/tags/{}", self.remote.tag())),
            ("GITHUB_REF_NAME", self.remote.tag().to_owned()),
            ("GITHUB_REF_TYPE", "tag".to_owned()),
            ("GITHUB_REPOSITORY", REPOSITORY.to_owned()),
            ("GITHUB_SHA", self.remote.commit().to_owned()),
            ("GITHUB_WORKSPACE", workspace.display().to_string()),
            (environment::HOME, home.display().to_string()),
            (environment::RUNNER_TEMP, temp.display().to_string()),
        ];
        environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
        environment
    }

    /// Variables that the workflow sets, with what stands in for some of them.
    fn variables(&self, texts: &Texts, context: &Context) -> Result<BTreeMap<String, String>, RehearsalError> {
        let mut variables = BTreeMap::new();
        for (name, text) in texts {
            let value = expand(text.as_str(), context)?;
            let value = match stand_ins::variable(name) {
                None => Some(value),
                Some(VariableStandIn::Registry) => Some(self.world.registry(&value)),
                Some(VariableStandIn::OfTheUser) => {
                    environment::read(name).map(|value| value.to_string_lossy().into_owned())
                }
            };
            variables.extend(value.map(|value| (name.clone(), value)));
        }
        Ok(variables)
    }
}

/// Unlike any word, so that it is found wherever it is printed.
fn token(job: &str) -> String {
    format!("ghs-rehearsal-token-of-job-{job}")
}

fn not_run(id: &str, outcome: Outcome) -> JobReport {
    let step = StepReport { name: "all steps".to_owned(), outcome, took: std::time::Duration::ZERO };
    JobReport { id: id.to_owned(), steps: vec![step] }
}
