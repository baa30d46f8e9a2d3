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
use terminal::environment::{cache_folder, typed_in};
use terminal::{Context as _, Failure, Table, stderr};

use crate::environment;
use crate::remote::{Remote, git};
use crate::script;
use crate::servers::{ACTOR, REPOSITORY, Servers};
use crate::workflow::{self, Step, Workflow, value};

/// All that the jobs have in common.
#[derive(Debug)]
pub struct Rehearsal {
    tag: String,
    /// The clone of each job. Its path stays: by it the second job finds what Bazel has built for the first.
    workspace: PathBuf,
    /// The home of each job.
    home: PathBuf,
    caches: PathBuf,
    remote: Remote,
    workflow: Workflow,
    servers: Servers,
    temp: TempDir,
    /// Clone and home are one rehearsal's at a time.
    _lock: File,
}

impl Rehearsal {
    /// Starts everything that the jobs work with; the tag arrives at the bare repository.
    pub fn prepare(tag: String) -> Result<Self, Failure> {
        let folder = typed_in()?;
        let no_caches = || Failure::unknown("there is no home folder").with_hint("set `XDG_CACHE_HOME`");
        let caches = cache_folder().ok_or_else(no_caches)?;
        let temp = tempfile::Builder::new().prefix("unkey-rehearsal-").tempdir()?;
        let remote = Remote::make(&folder, &temp.path().join("remote.git"), &tag)?;
        if !git(&folder, &["status", "--porcelain"])?.is_empty() {
            stderr::print_line("there are changes that are not committed: they are not rehearsed");
        }
        let workflow = Workflow::parse(&remote.file(workflow::PATH)?)?;
        let [workspace, home] = ["workspace", "home"].map(|name| caches.join("unkey/rehearsal").join(name));
        fs::create_dir_all(&workspace).and_then(|()| fs::create_dir_all(&home)).context("cannot use the cache")?;
        let lock = File::create(workspace.with_file_name("lock"))?;
        lock.try_lock().map_err(|error| Failure::caused_by("another rehearsal is running", &error))?;
        let servers = Servers::start();
        Ok(Self { tag, workspace, home, caches, remote, workflow, servers, temp, _lock: lock })
    }

    /// Runs the jobs. What came of it, for people, and whether every step was done.
    pub fn run(&self) -> Result<(String, bool), Failure> {
        let mut table = Table::new(&["job", "step", "seconds", "outcome"]);
        let mut is_success = true;
        for (id, job) in &self.workflow.jobs {
            // Unlike any word, so that it is found wherever it is printed.
            let token = format!("ghs-rehearsal-token-of-job-{id}");
            if is_success {
                self.set_up().context("cannot set up the clone and the home of a job")?;
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
        let published = self.servers.published();
        let published = if published.is_empty() { "nothing is published\n".to_owned() } else { published.concat() };
        let verdict = if is_success { "every job was done" } else { "FAILED" };
        Ok((format!("{}\n{published}\n{}: {verdict}\n", table.render(), self.tag), is_success))
    }

    /// What became of a step, and whether it was done.
    fn step(&self, job: &str, step: &Step, token: &str) -> Result<(String, bool), Failure> {
        if let Some(words) = step.stand_in() {
            return Ok((format!("instead: {words}"), true));
        }
        stderr::print_line(&format!("job `{job}`: {}", step.name));
        let script = step.run.as_deref().unwrap_or_default();
        let status = script::run(script, &self.workspace, &self.environment(step, token)?)?;
        let outcome = if status.success() { "done".to_owned() } else { format!("FAILED: {status}") };
        Ok((outcome, status.success()))
    }

    /// A clone of the tag, and a home that is empty but for a link to the user's caches, as on a new machine.
    fn set_up(&self) -> Result<(), Failure> {
        empty(&self.workspace)?;
        empty(&self.home)?;
        symlink(&self.caches, self.home.join(".cache"))?;
        self.remote.clone_into(&self.workspace)
    }

    /// What a step has of the user's, what a runner gives to it, and what the workflow says.
    fn environment(&self, step: &Step, token: &str) -> Result<BTreeMap<String, String>, Failure> {
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
            (environment::RELEASE_REGISTRY, format!("{}/unkeyed", self.servers.registry())),
        ];
        environment.extend(of_the_runner.map(|(name, value)| (name.to_owned(), value)));
        for (name, text) in self.workflow.env.iter().chain(&step.env) {
            let value = match name.as_str() {
                // The user's counts.
                UNKEY_BAZEL => continue,
                environment::LOGIN_REGISTRY => self.servers.registry().to_owned(),
                _ => value(text, &self.tag, token)?.to_owned(),
            };
            environment.insert(name.clone(), value);
        }
        Ok(environment)
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
