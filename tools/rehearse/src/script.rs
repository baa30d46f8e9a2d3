//! Running one script as a runner does: by bash, for no longer than it may take, with its lines passed on as they come.
//!
//! A secret among them is masked, and told: in a file or at another service nobody would mask it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::interruption;

/// What a secret looks like in a log.
const MASK: &str = "***";

/// How often a look is taken at whether somebody has interrupted.
const GLANCE: Duration = Duration::from_millis(100);

/// How long a script may clean up.
const GRACE: Duration = Duration::from_secs(5);

/// A script cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// It asks for another program than bash.
    #[error("the shell `{shell}` is not rehearsed")]
    Shell {
        /// What it asks for.
        shell: String,
    },
    /// The machine does not.
    #[error("cannot run bash")]
    Run(#[source] io::Error),
    /// Somebody does not want to wait for its end.
    #[error("interrupted")]
    Interrupted,
}

/// A script and what it runs in.
#[derive(Debug)]
pub struct Script<'a> {
    /// What it says.
    pub text: &'a str,
    /// What runs it; nothing is GitHub's default.
    pub shell: Option<&'a str>,
    /// Where.
    pub folder: &'a Path,
    /// Where its file is put.
    pub temp: &'a Path,
    /// All its variables.
    pub environment: &'a BTreeMap<String, String>,
    /// How long it may take.
    pub limit: Duration,
    /// What must not be seen.
    pub secrets: &'a [String],
}

/// How a script ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With status 0.
    Well,
    /// With another status; none where a signal ended it.
    Status(Option<i32>),
    /// It took too long, and was ended.
    TooLong,
    /// It printed a secret.
    Leaked,
}

/// Runs a script; `note` gets its lines.
///
/// # Errors
/// When it cannot be run.
pub fn run(script: &Script<'_>, note: &dyn Fn(&str)) -> Result<Ended, ScriptError> {
    let options = options(script.shell)?;
    let file = script.temp.join("script.sh");
    fs::write(&file, script.text).map_err(ScriptError::Run)?;
    let mut command = Command::new("bash");
    command.args(options).arg(&file).current_dir(script.folder).env_clear().envs(script.environment);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that all of it can be ended.
    let process = command.process_group(0).spawn().map_err(ScriptError::Run)?;
    let ended = watch(process, script, note).map_err(ScriptError::Run)?;
    ended.ok_or(ScriptError::Interrupted)
}

/// As GitHub starts it: where a shell is named, a failure in a pipe counts too.
fn options(shell: Option<&str>) -> Result<&'static [&'static str], ScriptError> {
    match shell {
        None => Ok(&["-e"]),
        Some("bash") => Ok(&["--noprofile", "--norc", "-eo", "pipefail"]),
        Some(shell) => Err(ScriptError::Shell { shell: shell.to_owned() }),
    }
}

/// Nothing where it was interrupted.
fn watch(mut process: Child, script: &Script<'_>, note: &dyn Fn(&str)) -> io::Result<Option<Ended>> {
    let (sender, lines) = mpsc::channel();
    forward(process.stdout.take(), sender.clone());
    forward(process.stderr.take(), sender);
    let deadline = Instant::now() + script.limit;
    let Some(is_leaked) = pass_on(&lines, deadline, script.secrets, note) else {
        end(&mut process)?;
        return Ok((!interruption::is_requested()).then_some(Ended::TooLong));
    };
    let status = process.wait()?;
    Ok(Some(match (is_leaked, status.code()) {
        (true, _) => Ended::Leaked,
        (false, Some(0)) => Ended::Well,
        (false, code) => Ended::Status(code),
    }))
}

/// Reads lines in the background until there are no more. Who has got the pipe and outlives the script keeps it open.
fn forward(stream: Option<impl Read + Send + 'static>, lines: Sender<String>) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if lines.send(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()).is_err() {
                return;
            }
        }
    });
}

/// Passes lines on until there are no more; whether a secret was in one. Nothing where it takes too long or is interrupted.
fn pass_on(lines: &Receiver<String>, deadline: Instant, secrets: &[String], note: &dyn Fn(&str)) -> Option<bool> {
    let mut is_leaked = false;
    loop {
        let rest = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(rest.min(GLANCE)) {
            Ok(line) => {
                let masked = secrets.iter().fold(line.clone(), |line, secret| line.replace(secret, MASK));
                is_leaked |= masked != line;
                note(&masked);
            }
            Err(RecvTimeoutError::Disconnected) => return Some(is_leaked),
            Err(RecvTimeoutError::Timeout) if rest > GLANCE && !interruption::is_requested() => {}
            Err(RecvTimeoutError::Timeout) => return None,
        }
    }
}

/// Ends a script with all that it has started: first as Ctrl-C does, so that programs can clean up, then for good.
fn end(process: &mut Child) -> io::Result<()> {
    let Some(group) = i32::try_from(process.id()).ok().and_then(Pid::from_raw) else { return Ok(()) };
    // Where it has ended by now there is nothing to end.
    let _ = kill_process_group(group, Signal::INT);
    let deadline = Instant::now() + GRACE;
    while process.try_wait()?.is_none() && Instant::now() < deadline {
        thread::sleep(GLANCE);
    }
    let _ = kill_process_group(group, Signal::KILL);
    process.wait().map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn ended(text: &str, shell: Option<&str>, limit: Duration) -> (Ended, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let environment = BTreeMap::from([("SECRET".to_owned(), "hunter2".to_owned())]);
        let secrets = ["hunter2".to_owned()];
        let (path, environment) = (folder.path(), &environment);
        let script = Script { text, shell, folder: path, temp: path, environment, limit, secrets: &secrets };
        let lines = RefCell::new(Vec::new());
        let ended = run(&script, &|line| lines.borrow_mut().push(line.to_owned())).unwrap();
        (ended, lines.into_inner())
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn scripts_end_as_they_end_on_a_runner() {
        for (text, shell, expected) in [
            ("true", Some("bash"), Ended::Well),
            ("exit 3", Some("bash"), Ended::Status(Some(3))),
            ("false\ntrue", Some("bash"), Ended::Status(Some(1))),
            ("false | true", Some("bash"), Ended::Status(Some(1))),
            ("false | true", None, Ended::Well),
            ("kill -KILL $$", None, Ended::Status(None)),
        ] {
            assert_eq!(ended(text, shell, LONG).0, expected, "{text} {shell:?}");
        }
    }

    #[test]
    fn a_script_sees_its_own_variables_alone() {
        let (_, lines) = ended("env | sort | cut -d= -f1; echo to stderr >&2", Some("bash"), LONG);
        let own: Vec<_> =
            lines.iter().filter(|line| !["PWD", "SHLVL", "_", "OLDPWD"].contains(&line.as_str())).collect();
        assert_eq!(own.len(), 2, "{own:?}");
        assert!(lines.contains(&"SECRET".to_owned()) && lines.contains(&"to stderr".to_owned()), "{lines:?}");
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_has_started() {
        let started = Instant::now();
        let (how, lines) = ended("echo begun; sleep 600 & sleep 600", Some("bash"), Duration::from_millis(500));
        assert_eq!((how, lines.as_slice()), (Ended::TooLong, ["begun".to_owned()].as_slice()));
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_secret_is_masked_and_told() {
        assert_eq!(ended("echo a$SECRET.b", Some("bash"), LONG), (Ended::Leaked, vec!["a***.b".to_owned()]));
    }

    #[test]
    fn other_shells_are_refused_by_name() {
        assert_eq!(options(Some("pwsh")).unwrap_err().to_string(), "the shell `pwsh` is not rehearsed");
    }
}
