//! Docker's credential helpers: programs that keep secrets elsewhere than in a file.
//!
//! Owns the protocol of storing. What a helper prints is passed on to nobody: the secret may be in it.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::secret::Secret;

/// A helper does not store.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// It cannot be started, or does not listen.
    #[error("cannot run the credential helper `{program}`")]
    Run {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It says that it did not.
    #[error("the credential helper `{program}` does not store: {status}")]
    Status {
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
}

impl HelperError {
    /// What to do about it.
    pub(super) fn hint(&self) -> String {
        let (Self::Run { program, .. } | Self::Status { program, .. }) = self;
        format!(
            "does `{program} list` work? in CI, `DOCKER_CONFIG` names a folder without it, whose file is not encrypted"
        )
    }
}

/// The program of a helper that a configuration names.
pub(super) fn program(name: &str) -> String {
    format!("docker-credential-{name}")
}

/// Has a helper store credentials.
pub(super) fn store(name: &str, registry: &str, username: &str, password: &Secret) -> Result<(), HelperError> {
    let program = program(name);
    let request = json!({ "ServerURL": registry, "Username": username, "Secret": password.expose() });
    match run(&program, &request.to_string()) {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(HelperError::Status { program, status }),
        Err(source) => Err(HelperError::Run { program, source }),
    }
}

fn run(program: &str, request: &str) -> io::Result<std::process::ExitStatus> {
    let mut command = Command::new(program);
    let mut process = command.arg("store").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = process.stdin.take() {
        match stdin.write_all(request.as_bytes()) {
            // It has ended without listening: its status says more.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    process.wait()
}
