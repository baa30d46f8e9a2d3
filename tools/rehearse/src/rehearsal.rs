//! A whole rehearsal: the tag arrives at the bare repository, and the jobs of the workflow at that tag are run, one after the
//! other.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use parts::environment::{HOME, UNKEY_BAZEL};
use tempfile::TempDir;
use terminal::environment::{cache_folder, typed_in, where_typed};
use terminal::{Context as _, Failure, Table, stderr};

use crate::artifacts::Artifacts;
use crate::environment;
use crate::remote::{Remote, git};
use crate::script;
use crate::servers::{ACTOR, REPOSITORY, Servers};
use crate::workflow::{self, Action, Job, Step, Values, Workflow};

/// What is to be rehearsed.
#[derive(Clone, Debug)]
pub struct Order {
    /// The tag that arrives.
    pub tag: String,
    /// Where what was published stays, if anywhere.
    pub keep: Option<PathBuf>,
    /// The clone that the jobs work in, where it is not the usual one.
    pub clone: Option<String>,
}

/// All that the jobs have in common.
#[derive(Debug)]
pub struct Rehearsal {
    tag: String,
    /// The clone of each job. Its path stays: by it the second job finds what Bazel has built for the first.
    workspace: PathBuf,
    /// The home of each job.
    home: PathBuf,
    caches: PathBuf,
    /// As in [`Order`], with its full path.
    keep: Option<PathBuf>,
    remote: Remote,
    workflow: Workflow,
    servers: Servers,
    artifacts: Artifacts,
    temp: TempDir,
    /// Clone and home are one rehearsal's at a time.
    _lock: File,
}

impl Rehearsal {
    /// Starts everything that the jobs work with; the tag arrives at the bare repository.
    pub fn prepare(order: Order) -> Result<Self, Failure> {
        let Order { tag, keep, clone } = order;
        let folder = typed_in()?;
        let keep = keep.map(|folder| where_typed(&folder));
        if let Some(folder) = keep.as_ref().filter(|folder| folder.exists()) {
            let message =
                format!("`{}` exists, and what is in it would be taken for what was published", folder.display());
            return Err(Failure::refused(message).with_hint("name a folder that is not there yet"));
        }
        let no_caches = || Failure::unknown("there is no home folder").with_hint("set `XDG_CACHE_HOME`");
        let caches = cache_folder().ok_or_else(no_caches)?;
        let temp = tempfile::Builder::new().prefix("unkey-rehearsal-").tempdir()?;
        let remote = Remote::make(&folder, &temp.path().join("remote.git"), &tag)?;
        if !git(&folder, &["status", "--porcelain"])?.is_empty() {
            stderr::print_line("there are changes that are not committed: they are not rehearsed");
        }
        let path = workflow::path(&tag);
        let workflow = Workflow::parse(path, &remote.file(path)?)?;
        let clone = clone.map_or_else(|| "workspace".to_owned(), |name| format!("workspace-{name}"));
        let [workspace, home] = [&*clone, "home"].map(|name| caches.join("unkey/rehearsal").join(name));
        fs::create_dir_all(&workspace).and_then(|()| fs::create_dir_all(&home)).context("cannot use the cache")?;
        let lock = File::create(workspace.with_file_name("lock"))?;
        lock.try_lock().map_err(|error| Failure::caused_by("another rehearsal is running", &error))?;
        let root = PathBuf::from(git(&folder, &["rev-parse", "--show-toplevel"])?);
        let servers = Servers::start(workflow.needs_npm().then_some(root.as_path()));
        let artifacts = Artifacts::new(temp.path().join("artifacts"));
        Ok(Self { tag, workspace, home, caches, keep, remote, workflow, servers, artifacts, temp, _lock: lock })
    }

    /// Runs the jobs. What came of it, for people, and whether every step was done.
    pub fn run(&self) -> Result<(String, bool), Failure> {
        let mut table = Table::new(&["job", "step", "seconds", "outcome"]);
        let mut is_success = true;
        for (id, job) in &self.workflow.jobs {
            // Unlike any word, so that it is found wherever it is printed.
            let token = format!("ghs-rehearsal-token-of-job-{id}");
            if is_success {
                self.set_up(job).context("cannot set up the clone and the home of a job")?;
                self.servers.grant(&token, &job.permissions)?;
            }
            for (place, step) in job.steps.iter().enumerate() {
                let started = Instant::now();
                let not_reached = ("not reached".to_owned(), false);
                let (outcome, is_done) = if is_success { self.step(id, step, &token)? } else { not_reached };
                is_success = is_done;
                let job = if place == 0 { id.as_str() } else { "" };
                let seconds = format!("{:7.1}", started.elapsed().as_secs_f32());
                table.push(vec![job.to_owned(), step.name.clone(), seconds, outcome]);
            }
        }
        if let Some(folder) = &self.keep {
            self.servers.keep(folder)?;
        }
        let published = self.servers.published();
        let published = if published.is_empty() { "nothing is published\n".to_owned() } else { published.concat() };
        let verdict = if is_success { "every job was done" } else { "FAILED" };
        Ok((format!("{}\n{published}\n{}: {verdict}\n", table.render(), self.tag), is_success))
    }

    /// What became of a step, and whether it was done.
    fn step(&self, job: &str, step: &Step, token: &str) -> Result<(String, bool), Failure> {
        let action = self.workflow.action(step)?;
        if !matches!(action, Action::StandIn(_)) {
            stderr::print_line(&format!("job `{job}`: {}", step.name));
        }
        let temp = self.runner_temp();
        let values = Values { tag: &self.tag, token, temp: &temp };
        let place = |path| self.workflow.value(path, &values).map(|path| self.workspace.join(path));
        let files = |number| format!("done: {number} files");
        let done = match action {
            Action::StandIn(words) => Ok(format!("instead: {words}")),
            Action::Script(script) => self.run_script(script, &self.environment(step, &values)?),
            Action::Upload(artifact) => self.artifacts.upload(artifact.name, &place(artifact.path)?).map(files),
            Action::Download(artifact) => self.artifacts.download(artifact.name, &place(artifact.path)?).map(files),
        };
        match done {
            Ok(words) => Ok((words, true)),
            Err(failure) if failure.is_refusal() => Ok((format!("FAILED: {failure}"), false)),
            Err(failure) => Err(failure),
        }
    }

    fn run_script(&self, script: &str, environment: &BTreeMap<String, String>) -> Result<String, Failure> {
        let status = script::run(script, &self.workspace, environment)?;
        if status.success() { Ok("done".to_owned()) } else { Err(Failure::refused(status.to_string())) }
    }

    /// A clone of the tag; a home that is empty but for a link to the user's caches, as on a new machine; an empty folder for what
    /// is not kept; and the settings of npm.
    fn set_up(&self, job: &Job) -> Result<(), Failure> {
        empty(&self.workspace)?;
        empty(&self.home)?;
        symlink(&self.caches, self.home.join(".cache"))?;
        fs::create_dir_all(self.runner_temp())?;
        empty(&self.runner_temp())?;
        if let Some(settings) = self.servers.npm_settings(job.is_trusted_by_npm()) {
            fs::write(self.npm_settings(), settings)?;
        }
        self.remote.clone_into(&self.workspace)
    }

    /// What a step has of the user's, what a runner gives to it, and what the workflow says.
    fn environment(&self, step: &Step, values: &Values<'_>) -> Result<BTreeMap<String, String>, Failure> {
        let output = self.temp.path().join("output");
        fs::write(&output, "")?;
        let mut environment: BTreeMap<_, _> = environment::of_the_user().collect();
        let of_the_runner = [
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_ACTOR", ACTOR.to_owned()),
            ("GITHUB_API_URL", self.servers.api_url()),
            ("GITHUB_OUTPUT", output.display().to_string()),
            ("GITHUB_REPOSITORY", REPOSITORY.to_owned()),
            (HOME, self.home.display().to_string()),
            (environment::NPM_CONFIG_USERCONFIG, self.npm_settings().display().to_string()),
            (environment::RELEASE_REGISTRY, format!("{}/unkeyed", self.servers.registry())),
            (environment::RUNNER_TEMP, values.temp.display().to_string()),
        ];
        environment.extend(of_the_runner.map(|(name, value)| (name.to_owned(), value)));
        for (name, text) in self.workflow.env.iter().chain(&step.env) {
            let value = match name.as_str() {
                // The user's counts.
                UNKEY_BAZEL => continue,
                environment::LOGIN_REGISTRY => self.servers.registry().to_owned(),
                _ => self.workflow.value(text, values)?,
            };
            environment.insert(name.clone(), value);
        }
        Ok(environment)
    }

    /// The folder for what a job does not keep.
    fn runner_temp(&self) -> PathBuf {
        self.temp.path().join("runner")
    }

    /// The settings of npm. Where nothing is published there the file does not exist, which is as good as an empty one.
    fn npm_settings(&self) -> PathBuf {
        self.temp.path().join("npmrc")
    }
}

impl Drop for Rehearsal {
    /// Ends Bazel, which outlives the step that has started it. One that does not end now does so by itself after some hours.
    fn drop(&mut self) {
        let mut bazel = Command::new(self.workspace.join("bazelw"));
        bazel.arg("shutdown").current_dir(&self.workspace).env_clear().envs(environment::of_the_user());
        bazel.env(HOME, &self.home).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let _ = bazel.status();
    }
}

/// Removes what is in a folder, links and not what they lead to. The folder itself stays: a Bazel that runs in it would not
/// find a new one.
fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
