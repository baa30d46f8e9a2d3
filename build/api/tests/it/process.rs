//! Starts the api binary in a folder of its own, reads its log, talks to it and stops it.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::environment;

/// Far longer than anything takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

/// What stands for the fixture's folder in its files.
const FOLDER: &str = "$FOLDER";

/// The token in the fixture's file `token`.
pub const TOKEN: &str = "only-for-this-test";

macro_rules! least {
    () => {
        "region = \"local\"\ntoken = { file = \"token\" }\nstore = \"$FOLDER/state\"\n"
    };
}

/// The keys without a default.
pub const LEAST: &str = least!();

/// What a service under test needs: a free port, a log that can be read, and the keys without a default.
pub const CONFIG: &str = concat!("listen = \"127.0.0.1:0\"\nlogging.format = \"json\"\n", least!());

/// The binary as an absolute path, because the tests run it in other folders.
fn binary() -> PathBuf {
    let path = option_env!("CARGO_BIN_EXE_api").map(PathBuf::from).filter(|path| path.exists());
    let path = path.or_else(|| env::var_os(environment::BINARY).map(PathBuf::from));
    let path = path.unwrap_or_else(|| panic!("`{}` names no binary", environment::BINARY));
    fs::canonicalize(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

/// A folder with configurations, and the binary that is run in it.
pub struct Fixture {
    folder: TempDir,
}

/// How a process ended that was waited for.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Fixture {
    /// A folder with a token and nothing else.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }.file("token", TOKEN)
    }

    /// The folder with `text` as the file `name`; `$FOLDER` in it is the folder.
    pub fn file(self, name: &str, text: &str) -> Self {
        let folder = self.folder.path().to_str().expect("UTF-8");
        fs::write(self.folder.path().join(name), text.replace(FOLDER, folder)).expect("written");
        self
    }

    /// The binary with `arguments`, and with no variable that could change what it does.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).env_clear().current_dir(self.folder.path());
        command
    }

    /// Runs the binary until it ends of itself.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        ended(&self.command(arguments).stdin(Stdio::null()).output().expect("started"))
    }

    /// Starts the binary with `arguments` and waits until it says where it listens.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(&mut self.command(arguments))
    }
}

/// How a process ended, with its output as text.
pub fn ended(output: &Output) -> Ended {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    Ended { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// A service that listens and logs JSON. It is killed when the test is over.
pub struct Running {
    child: Child,
    log: Receiver<Value>,
    /// Where it says that it listens.
    pub address: SocketAddr,
}

impl Running {
    /// Starts `command` and waits until it says where it listens.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let (sender, log) = mpsc::channel();
        thread::spawn(move || {
            for line in stderr.lines() {
                let line = line.expect("UTF-8");
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                let _ = sender.send(event);
            }
        });
        // A placeholder until the log tells; the child is owned already, so that a failure below stops it.
        let mut running = Self { child, log, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let listening = running.wait_for("listening");
        running.address = listening["address"].as_str().expect("an address").parse().expect("an IP address and a port");
        running
    }

    /// The next line of the log with this message; those before it are dropped.
    pub fn wait_for(&self, message: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            let event = self.log.recv_timeout(rest).unwrap_or_else(|error| panic!("no `{message}`: {error}"));
            if event["message"] == message {
                return event;
            }
        }
    }

    /// Sends the process a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("sent");
    }

    /// Waits for the end: the exit status, and the messages that were logged and not read yet.
    pub fn wait(mut self) -> (Option<i32>, Vec<Value>) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("waited") {
                break status;
            }
            assert!(Instant::now() < deadline, "still running");
            thread::sleep(Duration::from_millis(5));
        };
        // Ends when the reading thread has read all and is gone.
        let messages = self.log.iter().map(|event| event["message"].clone()).collect();
        (status.code(), messages)
    }

    /// Waits for the end: everything that was logged and not read yet.
    pub fn wait_for_all(mut self) -> String {
        self.child.wait().expect("waited");
        self.log.iter().map(|event| event.to_string()).collect::<Vec<_>>().join("\n")
    }

    /// A connection that has sent `text`.
    pub fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.write_all(text.as_bytes()).expect("sent");
        stream
    }

    /// The answer to one request.
    pub fn ask(&self, method: &str, path: &str) -> Answer {
        receive(self.send(&format!("{method} {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")))
    }

    /// The answer to a document of somebody who has the token.
    pub fn post(&self, path: &str, document: &Value) -> Answer {
        let (body, token) = (document.to_string(), format!("authorization: Bearer {TOKEN}\r\n"));
        let length = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        let head = format!("POST {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n{token}{length}\r\n");
        receive(self.send(&(head + &body)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An HTTP answer in its parts.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Reads an answer to the end of its connection.
pub fn receive(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("not an answer: {text:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer {
        status: status.unwrap_or_else(|| panic!("no status: {head:?}")),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}
