//! Running one job: its steps in their order, with what they tell the runner and each other.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use terminal::progress::Progress;

use crate::checkout::{CheckoutError, check_out};
use crate::context::{Context, Outputs};
use crate::environment;
use crate::expression::{ExpressionError, expand, holds};
use crate::file_commands::{self, FileCommandError};
use crate::remote::Remote;
use crate::report::{JobReport, Outcome, StepReport};
use crate::script::{self, Ended, Script, ScriptError};
use crate::stand_ins::{self, ActionStandIn};
use crate::workflow::{Action, Job, Step, SyntaxError, Texts};

/// What keeps a step from being rehearsed. A step that was run and failed is none of these.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// It is an action that nothing stands in for.
    #[error("nothing stands in for `{uses}`")]
    NoStandIn {
        /// The action.
        uses: String,
    },
    /// An action has no such file.
    #[error("the action `{uses}` has no `action.yaml`")]
    NoAction {
        /// The action.
        uses: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An action is not given what it asks for, or something else.
    #[error("the action `{uses}` {fault}")]
    Inputs {
        /// The action.
        uses: String,
        /// What is wrong.
        fault: String,
    },
    /// The runner's own files cannot be used.
    #[error("cannot use `{path}`")]
    Files {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An expression.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// An action's file.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A checkout.
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
    /// A script.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// What a step tells its runner.
    #[error(transparent)]
    FileCommand(#[from] FileCommandError),
}

/// A job cannot be rehearsed.
#[derive(Debug, thiserror::Error)]
#[error("step `{step}` of job `{job}` cannot be rehearsed")]
pub struct JobError {
    job: String,
    step: String,
    #[source]
    source: Box<StepError>,
}

/// What a job runs in.
pub struct Stage<'a> {
    /// Where its clone is.
    pub workspace: &'a Path,
    /// Its temporary files.
    pub temp: &'a Path,
    /// What it clones.
    pub remote: &'a Remote,
    /// The variables of all its steps.
    pub environment: BTreeMap<String, String>,
    /// What a script runs with where it does not say.
    pub shell: Option<&'a str>,
    /// Whether its token may read the repository.
    pub may_clone: bool,
    /// Who is told what happens.
    pub progress: &'a dyn Progress,
}

/// A job that is being run.
struct Running<'a> {
    stage: Stage<'a>,
    context: Context,
    secrets: Vec<String>,
    deadline: Instant,
    steps: Vec<StepReport>,
    has_failed: bool,
}

/// Runs a job; what became of it, and its outputs.
///
/// # Errors
/// When a step cannot be rehearsed.
pub fn run(id: &str, job: &Job, stage: Stage<'_>, context: Context) -> Result<(JobReport, Outputs), JobError> {
    let secrets = context.secrets.values().filter(|secret| !secret.is_empty()).cloned().collect();
    let deadline = Instant::now() + minutes(job.timeout_minutes);
    let mut running = Running { stage, context, secrets, deadline, steps: Vec::new(), has_failed: false };
    let error = |step: &str, source| JobError { job: id.to_owned(), step: step.to_owned(), source: Box::new(source) };
    for step in &job.steps {
        running.step(step, None).map_err(|source| error(&step.name, source))?;
    }
    let report = JobReport { id: id.to_owned(), steps: running.steps };
    let mut outputs = Outputs::new();
    if report.is_success() {
        for (name, text) in &job.outputs {
            let value = expand(text.as_str(), &running.context).map_err(|source| error("outputs", source.into()))?;
            outputs.insert(name.clone(), value);
        }
    }
    Ok((report, outputs))
}

impl Running<'_> {
    /// Runs a step of the job, or of an action of the job.
    fn step(&mut self, step: &Step, action: Option<&str>) -> Result<(), StepError> {
        let started = Instant::now();
        let uses = step.uses.as_deref().filter(|uses| uses.starts_with("./") && action.is_none());
        if let (Some(uses), false) = (uses, self.has_failed) {
            return self.action(step, uses);
        }
        let name = action.map_or(step.name.clone(), |_| format!("- {}", step.name));
        self.stage.progress.note(&format!("  {name}"));
        let outcome = self.outcome(step, action)?;
        self.stage.progress.note(&format!("  {name}: {outcome}"));
        self.has_failed |= matches!(outcome, Outcome::Failed(_));
        self.steps.push(StepReport { name, outcome, took: started.elapsed() });
        Ok(())
    }

    fn outcome(&mut self, step: &Step, action: Option<&str>) -> Result<Outcome, StepError> {
        if self.has_failed {
            return Ok(Outcome::NotReached);
        }
        if let Some(condition) = &step.condition
            && !holds(condition.as_str(), &self.context)?
        {
            return Ok(Outcome::NotWanted { condition: condition.to_string() });
        }
        if let Some(words) = action.and_then(|action| stand_ins::step(action, step.id.as_deref())) {
            return Ok(Outcome::StandIn(words));
        }
        match (&step.run, &step.uses) {
            (Some(script), None) => self.script(step, script),
            (None, Some(uses)) => self.somebody_else_s(step, uses),
            _ => Err(StepError::NoStandIn { uses: "a step that is neither a script nor an action".to_owned() }),
        }
    }

    fn somebody_else_s(&self, step: &Step, uses: &str) -> Result<Outcome, StepError> {
        match stand_ins::action(uses) {
            Some(ActionStandIn::Clone) if !self.stage.may_clone => {
                Ok(Outcome::Failed("the token of this job may not read contents".to_owned()))
            }
            Some(ActionStandIn::Clone) => {
                check_out(self.stage.remote, self.stage.workspace, &self.expanded(&step.with)?)?;
                Ok(Outcome::StandIn("a clone of the bare repository"))
            }
            None => Err(StepError::NoStandIn { uses: uses.to_owned() }),
        }
    }

    /// Runs the steps of one of the repository's own actions, as the clone has it.
    fn action(&mut self, step: &Step, uses: &str) -> Result<(), StepError> {
        if let Some(condition) = &step.condition
            && !holds(condition.as_str(), &self.context)?
        {
            let outcome = Outcome::NotWanted { condition: condition.to_string() };
            self.steps.push(StepReport { name: step.name.clone(), outcome, took: Duration::ZERO });
            return Ok(());
        }
        let path = self.stage.workspace.join(uses).join("action.yaml");
        let text = fs::read_to_string(path).map_err(|source| StepError::NoAction { uses: uses.to_owned(), source })?;
        let action = Action::parse(uses, &text)?;
        let inputs = self.inputs(step, uses, &action)?;
        // An action sees neither the secrets nor the steps around it.
        let mut inner = Context { inputs, ..Context::default() };
        inner.github.clone_from(&self.context.github);
        let outer = std::mem::replace(&mut self.context, inner);
        self.stage.progress.note(&format!("  {}: {uses}", step.name));
        let done = action.runs.steps.iter().try_for_each(|step| self.step(step, Some(uses)));
        self.context = outer;
        done
    }

    fn inputs(&self, step: &Step, uses: &str, action: &Action) -> Result<BTreeMap<String, String>, StepError> {
        let fault = |fault: String| StepError::Inputs { uses: uses.to_owned(), fault };
        if let Some(unknown) = step.with.keys().find(|name| !action.inputs.contains_key(*name)) {
            return Err(fault(format!("has no input `{unknown}`")));
        }
        let mut inputs = BTreeMap::new();
        for (name, input) in &action.inputs {
            let given = step.with.get(name).or(input.default.as_ref());
            if given.is_none() && input.required {
                return Err(fault(format!("needs the input `{name}`")));
            }
            let value = given.map_or(Ok(String::new()), |text| expand(text.as_str(), &self.context))?;
            inputs.insert(name.clone(), value);
        }
        Ok(inputs)
    }

    fn script(&mut self, step: &Step, text: &str) -> Result<Outcome, StepError> {
        let files = Files::make(self.stage.temp)?;
        let mut environment = self.stage.environment.clone();
        environment.extend(self.expanded(&step.env)?);
        environment.extend(files.variables());
        let rest = self.deadline.saturating_duration_since(Instant::now());
        let script = Script {
            text,
            shell: step.shell.as_deref().or(self.stage.shell),
            folder: self.stage.workspace,
            temp: files.folder.path(),
            environment: &environment,
            limit: step.timeout_minutes.map_or(rest, |limit| rest.min(minutes(limit))),
            secrets: &self.secrets,
        };
        let ended = script::run(&script, &|line| self.stage.progress.note(&format!("    | {line}")))?;
        if ended != Ended::Well {
            return Ok(Outcome::Failed(why(&ended)));
        }
        self.take(step, &files)?;
        Ok(Outcome::Done)
    }

    /// What a step has told its runner, for the steps after it.
    fn take(&mut self, step: &Step, files: &Files) -> Result<(), StepError> {
        let outputs = file_commands::values(&files.read(environment::GITHUB_OUTPUT)?)?;
        if let Some(id) = &step.id {
            self.context.steps.insert(id.clone(), outputs);
        }
        self.stage.environment.extend(file_commands::values(&files.read(environment::GITHUB_ENV)?)?);
        let mut folders = file_commands::folders(&files.read(environment::GITHUB_PATH)?);
        folders.extend(self.stage.environment.get(environment::PATH).cloned());
        self.stage.environment.insert(environment::PATH.to_owned(), folders.join(":"));
        Ok(())
    }

    fn expanded(&self, texts: &Texts) -> Result<IndexMap<String, String>, ExpressionError> {
        texts.iter().map(|(name, text)| Ok((name.clone(), expand(text.as_str(), &self.context)?))).collect()
    }
}

/// The files of one step.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    const NAMES: [&'static str; 4] = [
        environment::GITHUB_OUTPUT,
        environment::GITHUB_ENV,
        environment::GITHUB_PATH,
        environment::GITHUB_STEP_SUMMARY,
    ];

    fn make(temp: &Path) -> Result<Self, StepError> {
        let error = |source| StepError::Files { path: temp.to_owned(), source };
        let folder = tempfile::Builder::new().prefix("step-").tempdir_in(temp).map_err(error)?;
        for name in Self::NAMES {
            fs::write(folder.path().join(name), "").map_err(error)?;
        }
        Ok(Self { folder })
    }

    fn variables(&self) -> impl Iterator<Item = (String, String)> {
        Self::NAMES.into_iter().map(|name| (name.to_owned(), self.folder.path().join(name).display().to_string()))
    }

    fn read(&self, name: &str) -> Result<String, StepError> {
        let path = self.folder.path().join(name);
        fs::read_to_string(&path).map_err(|source| StepError::Files { path, source })
    }
}

fn why(ended: &Ended) -> String {
    match ended {
        Ended::Well => "it ended well".to_owned(),
        Ended::Status(Some(code)) => format!("exit status {code}"),
        Ended::Status(None) => "ended by a signal".to_owned(),
        Ended::TooLong => "it took longer than it may".to_owned(),
        Ended::Leaked => "it printed a secret".to_owned(),
    }
}

fn minutes(number: u64) -> Duration {
    Duration::from_secs(number.saturating_mul(60))
}
