//! A service under test as a process: its configuration, its start, its log and its end. Where its binary comes from is
//! the caller's matter.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::command::{self, Ended};
use crate::environment::PATH;
use crate::http::Answer;
use crate::paths;

/// An emulated service on a busy machine takes seconds; only a failed test waits this long.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where the configurations of the local environment are, in the repository.
const LOCAL: &str = "dev/config";

/// A folder with the configuration of a service, and the program that is run in it.
///
/// It begins as that of the local environment, with a free port, a store in the folder and a log for machines.
#[derive(Debug)]
pub struct Setup {
    /// The program, behind what runs it.
    line: Vec<OsString>,
    folder: TempDir,
    config: toml::Table,
    environment: Vec<(String, String)>,
}

impl Setup {
    /// The local environment's configuration of `service`, whose binary is `program`.
    pub fn local(service: &str, program: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = paths::workspace(&format!("{LOCAL}/{service}.toml"));
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("`{}`: {error}", file.display()));
        let config = text.parse().unwrap_or_else(|error| panic!("`{}`: {error}", file.display()));
        // Absolute, because it is run in the folder.
        let program = fs::canonicalize(program).unwrap_or_else(|error| panic!("`{}`: {error}", program.display()));
        let mut setup = Self { line: vec![program.into()], folder, config, environment: local_environment() };
        setup = setup.set("listen", "127.0.0.1:0").set("logging.format", "json");
        if setup.config.contains_key("store") {
            let store = setup.path("state").display().to_string();
            setup = setup.set("store", store);
        }
        setup
    }

    /// The same with another value of a key, which is dotted below a table.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<toml::Value>) -> Self {
        let mut parts: Vec<&str> = key.split('.').collect();
        let last = parts.pop().expect("a key");
        let mut table = &mut self.config;
        for part in parts {
            let below = table.entry(part).or_insert_with(|| toml::Table::new().into());
            table = below.as_table_mut().unwrap_or_else(|| panic!("`{part}` of `{key}` is no table"));
        }
        table.insert(last.to_owned(), value.into());
        self
    }

    /// The same with another value of an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with another program in front, such as an emulator.
    #[must_use]
    pub fn run_by(mut self, line: &[&str]) -> Self {
        self.line.splice(0..0, line.iter().map(OsString::from));
        self
    }

    /// The same with `text` as the file `name` of the folder.
    #[must_use]
    pub fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).expect("written");
        self
    }

    /// A file of the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The configuration as it is now.
    pub fn config(&self) -> &toml::Table {
        &self.config
    }

    /// The program with `arguments`, in the folder, with the configuration as `unkey.toml` and no variable that could
    /// change what it does.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let file = self.path("unkey.toml");
        fs::write(file, self.config.to_string()).expect("written");
        self.bare_command(arguments)
    }

    /// The same with the folder as it is: without the configuration, or with another in its place.
    pub fn bare_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.line[0]);
        command.args(&self.line[1..]).args(arguments).env_clear().current_dir(self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        // An emulator is looked for there.
        command.envs(env::var_os(PATH).map(|path| (PATH, path)));
        command
    }

    /// Runs the program until it ends of itself.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        command::ended(&mut self.command(arguments))
    }

    /// Starts the service and waits until it listens.
    pub fn start(&self) -> Service {
        Service::spawn(&mut self.command(&[]))
    }
}

/// The secrets of the local environment, by their variables.
pub fn local_environment() -> Vec<(String, String)> {
    let file = paths::workspace(&format!("{LOCAL}/local.env"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("`{}`: {error}", file.display()));
    let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The services that the local environment has, sorted.
pub fn all() -> Vec<String> {
    let entries =
        fs::read_dir(paths::workspace(LOCAL)).expect("the configurations").map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let names = files.filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// A running service that logs JSON; killed when the test is over.
#[derive(Debug)]
pub struct Service {
    process: Child,
    /// Where it says that it listens, `127.0.0.1:PORT`.
    pub address: String,
    lines: Receiver<String>,
    /// What was taken from there.
    seen: Vec<String>,
}

impl Service {
    /// Starts a command line in a folder with these variables, and waits until the service listens.
    pub fn start_with(folder: &Path, line: &[&str], environment: &[(String, String)]) -> Self {
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).current_dir(folder);
        Self::spawn(command.envs(environment.iter().map(|(name, value)| (name, value))))
    }

    /// Starts a command, and waits until the service listens.
    pub fn spawn(command: &mut Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let stderr = BufReader::new(process.stderr.take().expect("piped"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        // Owned before it listens, so that a failure below stops it.
        let mut service = Self { process, address: String::new(), lines, seen: Vec::new() };
        let listening = service.wait_for("listening");
        listening["address"].as_str().expect("an address").clone_into(&mut service.address);
        service
    }

    /// The next event of the log with this message.
    pub fn wait_for(&mut self, message: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(rest);
            let line = line.unwrap_or_else(|error| panic!("it does not say `{message}`: {error}:\n{}", self.log()));
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            self.seen.push(line);
            if event["message"] == message {
                return event;
            }
        }
    }

    /// What it has logged so far and was waited for.
    pub fn log(&self) -> String {
        self.seen.iter().fold(String::new(), |mut text, line| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{line}");
            text
        })
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends the process a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).expect("sent");
    }

    /// Sends SIGTERM and waits for the end: the exit status.
    pub fn terminate(self) -> Option<i32> {
        self.signal(Signal::TERM);
        self.wait().code
    }

    /// Ends the process as a lost machine would, and waits until it is gone.
    pub fn kill(mut self) {
        self.process.kill().expect("sent");
        self.process.wait().expect("waited");
    }

    /// Waits for the end.
    pub fn wait(mut self) -> Stopped {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.process.try_wait().expect("waited") {
                break status;
            }
            assert!(Instant::now() < deadline, "still running");
            thread::sleep(Duration::from_millis(5));
        };
        // Ends when the reading thread has read all and is gone.
        let unread: Vec<String> = self.lines.iter().collect();
        let events = unread.iter().map(|line| serde_json::from_str(line).unwrap_or_default());
        let messages = events.map(|event: Value| event["message"].as_str().unwrap_or_default().to_owned()).collect();
        self.seen.extend(unread);
        Stopped { code: status.code(), messages, log: self.log() }
    }

    /// A connection that has sent `text`.
    pub fn connect(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.write_all(text.as_bytes()).expect("sent");
        stream
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How a service ended.
#[derive(Debug)]
pub struct Stopped {
    /// Its exit status; none where a signal ended it.
    pub code: Option<i32>,
    /// The messages that were logged and not waited for.
    pub messages: Vec<String>,
    /// All lines of its log.
    pub log: String,
}

/// Reads an answer to the end of its connection.
pub fn receive(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    Answer::parse(&text)
}
