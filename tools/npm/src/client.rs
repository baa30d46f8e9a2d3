//! npm as a program: what it is asked, and what its answers mean.
//!
//! Registry, login and how often a request is tried are npm's own settings. What would change the meaning of a question is said
//! on its command line, where the user's settings do not count.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{self, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use terminal::printable;

use crate::error::Error;
use crate::failure::Failure;
use crate::pack::Package;

/// Answers in JSON, also errors; no progress, no colours, no advertisement of newer versions.
const COMMON: [&str; 4] = ["--json", "--loglevel=error", "--color=false", "--update-notifier=false"];

/// SIGINT, which Ctrl-C sends to this program and to npm alike.
const INTERRUPT: i32 = 2;

/// What a shell says of a program that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// How much of an answer that is not understood is shown, in characters.
const ANSWER_LIMIT: usize = 200;

/// A package's dist-tags, and the versions that they stand for.
pub type Tags = BTreeMap<String, String>;

/// Runs a program to its end and collects what it prints.
type Runner = dyn Fn(Command) -> io::Result<Output> + Send + Sync;

/// A version that the registry has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Of its bytes, as `sha512-...`.
    pub integrity: String,
}

/// A way to run npm.
pub struct Npm {
    program: PathBuf,
    run: Box<Runner>,
}

impl Npm {
    /// By this program, which is npm or a script that becomes it.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self::with_runner(program, |mut command| command.output())
    }

    /// By this program, run by `run`: with its stdin closed and both outputs collected, as the command says. An error of the kind
    /// [`io::ErrorKind::Interrupted`] means that somebody wants all of it to end.
    pub fn with_runner(program: PathBuf, run: impl Fn(Command) -> io::Result<Output> + Send + Sync + 'static) -> Self {
        Self { program, run: Box::new(run) }
    }

    /// What the registry has under this name and version (`1.2.3`); nothing where it has no such version, or does not show it to
    /// this login.
    ///
    /// # Errors
    /// When npm cannot be run, or there is no answer.
    pub fn find(&self, package: &str, version: &str) -> Result<Option<Published>, Error> {
        let id = format!("{package}@{version}");
        let Some(answer) = self.view(&id, "dist.integrity")? else { return Ok(None) };
        match answer.as_str() {
            Some(integrity) => Ok(Some(Published { integrity: integrity.to_owned() })),
            None => Err(not_understood(id, &answer)),
        }
    }

    /// The dist-tags of a package; none where the registry does not have it.
    ///
    /// # Errors
    /// When npm cannot be run, or there is no answer.
    pub fn tags(&self, package: &str) -> Result<Tags, Error> {
        let Some(answer) = self.view(package, "dist-tags")? else { return Ok(Tags::new()) };
        let tags = answer.as_object().map(|tags| {
            let tags = tags.iter().map(|(tag, version)| Some((tag.clone(), version.as_str()?.to_owned())));
            tags.collect::<Option<Tags>>()
        });
        tags.flatten().ok_or_else(|| not_understood(package.to_owned(), &answer))
    }

    /// Sends a package, whose version gets this dist-tag.
    ///
    /// # Errors
    /// When npm cannot be run, and when it says that it could not: the package may be there all the same.
    pub fn publish(&self, package: &Package, tag: &str, provenance: bool) -> Result<(), Error> {
        let source = |source| Error::Read { path: package.tarball.clone(), source };
        let tarball = path::absolute(&package.tarball).map_err(source)?;
        let tag = format!("--tag={tag}");
        let mut arguments: Vec<&OsStr> = vec!["publish".as_ref(), tarball.as_ref(), tag.as_ref()];
        // A setting of the user's must neither only pretend, nor go over what npm checks.
        arguments.extend(["--dry-run=false", "--force=false", "--access=public"].map(OsStr::new));
        if provenance {
            arguments.push("--provenance".as_ref());
        }
        let output = self.run(&arguments)?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::Publish { id: package.id(), source: Failure::of(&output) })
    }

    fn view(&self, id: &str, field: &str) -> Result<Option<Value>, Error> {
        // The tag says which version a bare name means: without a version there is no answer at all.
        let output = self.run(&["view", id, field, "--tag=latest"].map(OsStr::new))?;
        if !output.status.success() {
            let failure = Failure::of(&output);
            let unknown = |source| Error::LookUp { id: id.to_owned(), source };
            return if failure.is_absence() { Ok(None) } else { Err(unknown(failure)) };
        }
        let text = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(&text).map(Some).map_err(|_| Error::Answer {
            id: id.to_owned(),
            answer: format!("`{}`", printable::start(text.trim(), ANSWER_LIMIT)),
        })
    }

    fn run(&self, arguments: &[&OsStr]) -> Result<Output, Error> {
        let mut command = Command::new(&self.program);
        command.args(arguments).args(COMMON.map(OsString::from));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        match (self.run)(command) {
            Ok(output) if was_interrupted(&output) => Err(Error::Interrupted),
            Ok(output) => Ok(output),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(Error::Interrupted),
            Err(source) => Err(Error::Start { program: self.program.clone(), source }),
        }
    }
}

impl std::fmt::Debug for Npm {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Npm").field("program", &self.program).finish_non_exhaustive()
    }
}

fn not_understood(id: String, answer: &Value) -> Error {
    Error::Answer { id, answer: format!("`{}`", printable::start(&answer.to_string(), ANSWER_LIMIT)) }
}

/// Ctrl-C reaches the whole group of processes, and npm may have ended of it before this program has heard of it.
fn was_interrupted(output: &Output) -> bool {
    output.status.signal() == Some(INTERRUPT) || output.status.code() == Some(INTERRUPTED)
}
