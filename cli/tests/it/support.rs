//! A home for the client, and servers that answer what a test says.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

/// What no output may show.
pub const KEY: &str = "hunter2-root-key";

/// A user's folder, and what is run there.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The file of a login.
    pub fn credentials(&self) -> PathBuf {
        self.0.path().join("config/unkey/credentials.json")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The client with these arguments, and no variable that changes what it does.
    pub fn unkey(&self, arguments: &[&str]) -> Command {
        Command::from_std(self.plain(arguments))
    }

    /// The same, for a test that starts it itself.
    pub fn plain(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(parts::program!("unkey"));
        command.args(arguments);
        self.clean(&mut command);
        command
    }

    /// The same for another program, which runs the client.
    pub fn clean(&self, command: &mut std::process::Command) {
        command.env_clear().env("XDG_CONFIG_HOME", self.path("config")).env("PATH", "/usr/bin:/bin");
    }

    /// The client with a key of the environment.
    pub fn with_key(&self, arguments: &[&str]) -> Command {
        let mut command = self.unkey(arguments);
        command.env("UNKEY_ROOT_KEY", KEY);
        command
    }
}

/// What it said on stderr; nothing of what it said may be the key.
pub fn stderr(outcome: &Assert) -> String {
    let output = outcome.get_output();
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    assert!(!stdout.contains(KEY) && !stderr.contains(KEY), "{stdout}{stderr}");
    stderr
}

/// What it said on stdout.
pub fn stdout(outcome: &Assert) -> String {
    String::from_utf8(outcome.get_output().stdout.clone()).unwrap()
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Ask {
    /// `GET /v1/keys`.
    pub line: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Ask {
    /// The first request of a connection; nothing where none comes.
    pub fn read(stream: impl Read) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut first = String::new();
        reader.read_line(&mut first).ok()?;
        let line = first.trim_end().strip_suffix(" HTTP/1.1")?.to_owned();
        let mut headers = Vec::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut ask = Self { line, headers, body: String::new() };
        let length = ask.header("content-length").parse().unwrap_or_default();
        reader.take(length).read_to_string(&mut ask.body).ok()?;
        Some(ask)
    }

    /// The value of a header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }
}

/// A server that answers each request with the bytes that a test says, and closes.
pub struct Server {
    address: String,
    asks: Arc<Mutex<Vec<Ask>>>,
}

impl Server {
    /// One that answers by a function of the request, and of how many there were before.
    pub fn new(answer: impl Fn(&Ask, usize) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asks = Arc::<Mutex<Vec<Ask>>>::default();
        let (seen, answer) = (Arc::clone(&asks), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = stream.ok()?;
                    let ask = Ask::read(&stream)?;
                    let mut asks = seen.lock().ok()?;
                    asks.push(ask.clone());
                    let before = asks.len() - 1;
                    drop(asks);
                    stream.write_all(&answer(&ask, before)).ok()
                });
            }
        });
        Self { address, asks }
    }

    /// One that always answers the same.
    pub fn always(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::new(move |_, _| answer.clone())
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came so far.
    pub fn asks(&self) -> Vec<Ask> {
        self.asks.lock().unwrap().clone()
    }
}

/// An answer with these further header lines.
pub fn answer(status: u16, headers: &[&str], body: &str) -> Vec<u8> {
    let (status, length) = (format!("HTTP/1.1 {status} X"), format!("content-length: {}", body.len()));
    let lines = [&[&*status, &*length, "connection: close"], headers, &["", body]].concat();
    lines.join("\r\n").into_bytes()
}

/// An answer as Unkey gives it.
pub fn json(status: u16, body: &str) -> Vec<u8> {
    answer(status, &["content-type: application/json", "x-request-id: r-17"], body)
}

/// A refusal as Unkey gives it.
pub fn problem(status: u16, detail: &str) -> Vec<u8> {
    let headers = ["content-type: application/problem+json", "x-request-id: r-17"];
    answer(status, &headers, &format!(r#"{{"title":"T","status":{status},"detail":"{detail}"}}"#))
}
