//! Docker's credential helpers: programs that keep secrets elsewhere than in a file.
//!
//! Owns their protocol (docker-credential-helpers, README). What a helper prints is passed on to nobody: the secret may be
//! in it.

use std::io::{self, Write as _};
use std::process::{Command, Output, Stdio};

use serde_json::{Map, Value, json};

use super::Credentials;
use super::entry::member;
use crate::Error;
use crate::secret::Secret;

/// The user that marks an identity token.
const TOKEN_USER: &str = "<token>";

/// What helpers say when they have nothing, on top of a failing exit status: all of docker's, and macOS's keychain.
const NOTHING: [&str; 2] = ["credentials not found", "item could not be found in the keychain"];

/// A helper that a configuration names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Helper {
    program: String,
}

impl Helper {
    /// The helper that configurations call `name`.
    pub(super) fn new(name: &str) -> Result<Self, Error> {
        if name.contains('/') {
            return Err(Error::HelperName { name: name.to_owned() });
        }
        Ok(Self { program: format!("docker-credential-{name}") })
    }

    /// What it is called on the `PATH`.
    pub(crate) fn program(&self) -> &str {
        &self.program
    }

    /// What it has for a registry.
    pub(super) fn get(&self, registry: &str) -> Result<Credentials, Error> {
        let output = self.run("get", registry)?;
        if output.status.success() {
            return read(&output.stdout).ok_or_else(|| Error::HelperAnswer { program: self.program.clone() });
        }
        if has_nothing(&output) { Ok(Credentials::Anonymous) } else { Err(self.failed("get", &output)) }
    }

    /// Has it keep credentials.
    pub(crate) fn store(&self, registry: &str, username: &str, password: &Secret) -> Result<(), Error> {
        let request = json!({ "ServerURL": registry, "Username": username, "Secret": password.expose() });
        let output = self.run("store", &request.to_string())?;
        if output.status.success() { Ok(()) } else { Err(self.failed("store", &output)) }
    }

    /// Has it forget a registry; says whether it knew it, where it tells.
    pub(crate) fn erase(&self, registry: &str) -> Result<bool, Error> {
        let output = self.run("erase", registry)?;
        match output.status.success() {
            true => Ok(true),
            false if has_nothing(&output) => Ok(false),
            false => Err(self.failed("erase", &output)),
        }
    }

    fn failed(&self, verb: &'static str, output: &Output) -> Error {
        Error::HelperStatus { program: self.program.clone(), verb, status: output.status }
    }

    fn run(&self, verb: &'static str, request: &str) -> Result<Output, Error> {
        self.start(verb, request).map_err(|source| Error::HelperRun { program: self.program.clone(), source })
    }

    fn start(&self, verb: &'static str, request: &str) -> io::Result<Output> {
        let mut command = Command::new(&self.program);
        let mut process =
            command.arg(verb).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = process.stdin.take() {
            match stdin.write_all(request.as_bytes()) {
                // It has ended without listening: its status says more.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
                _ => {}
            }
        }
        process.wait_with_output()
    }
}

fn has_nothing(output: &Output) -> bool {
    let says = |stream: &[u8]| {
        let text = String::from_utf8_lossy(stream).to_ascii_lowercase();
        NOTHING.iter().any(|sentence| text.contains(sentence))
    };
    says(&output.stdout) || says(&output.stderr)
}

/// An answer to `get`; no text at all says as little as empty members.
fn read(stdout: &[u8]) -> Option<Credentials> {
    if stdout.trim_ascii().is_empty() {
        return Some(Credentials::Anonymous);
    }
    let answer: Map<String, Value> = serde_json::from_slice(stdout).ok()?;
    let text = |name: &str| match member(&answer, name) {
        None | Some(Value::Null) => Some(""),
        Some(Value::String(text)) => Some(text.as_str()),
        Some(_) => None,
    };
    Some(match (text("Username")?, text("Secret")?) {
        (TOKEN_USER, "") => Credentials::Anonymous,
        (TOKEN_USER, token) => Credentials::IdentityToken(token.to_owned().into()),
        (user, password) => Credentials::of(user, password),
    })
}
