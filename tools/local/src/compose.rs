//! Docker's command line: what compose is asked, and what it answers.

mod answers;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub use answers::{Container, Service};

/// Where the services stand, in the repository.
pub const FILE: &str = "dev/compose.yaml";

/// What they get into their environment, in the repository.
const VARIABLES: &str = "dev/config/local.env";

/// The variable that holds the token of the services' API.
const TOKEN: &str = "UNKEY_TOKEN";

/// How long all services may take to be healthy, in seconds.
const PATIENCE: &str = "120";

/// What can go wrong between this tool and Docker.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// There is no `docker`.
    #[error("cannot start `docker`")]
    NoDocker(#[source] io::Error),
    /// No daemon answers.
    #[error("no Docker daemon answers: {message}")]
    NoDaemon {
        /// What Docker's command line says.
        message: String,
    },
    /// Docker's command line has no compose.
    #[error("`docker compose` does not work: {message}")]
    NoCompose {
        /// What Docker's command line says.
        message: String,
    },
    /// Compose refuses its file, or fails at a question.
    #[error("`docker compose {verb}` failed: {message}")]
    Failed {
        /// What it was asked.
        verb: &'static str,
        /// What it says.
        message: String,
    },
    /// Compose has said on stderr what is wrong.
    #[error("`docker compose {verb}` failed, what it said is above")]
    Told {
        /// What it was asked.
        verb: &'static str,
    },
    /// Compose answers with something else than it is known to.
    #[error("the answer of `docker compose {verb}` cannot be read")]
    Answer {
        /// What it was asked.
        verb: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Images are not there.
    #[error("Docker has no image {}", images.iter().map(|image| format!("`{image}`")).collect::<Vec<_>>().join(", "))]
    NoImages {
        /// Their names.
        images: Vec<String>,
    },
    /// The services' token is not known.
    #[error("`{VARIABLES}` does not say what `{TOKEN}` is")]
    NoToken(#[source] Option<io::Error>),
}

impl ComposeError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoDocker(_) => "install Docker's command line, or take the airgap root: UNKEY_BAZEL=airgap make up",
            Self::NoDaemon { .. } => "start Docker, or set `DOCKER_HOST` to where one listens",
            Self::NoCompose { .. } => {
                "install Docker's compose plugin (2.20 or newer), or take the airgap root: UNKEY_BAZEL=airgap make up"
            }
            Self::NoImages { .. } => "make oci-load",
            Self::Told { verb: "up" } => {
                "`docker compose --file dev/compose.yaml logs SERVICE` tells more; `make down` removes what was started"
            }
            _ => return None,
        })
    }
}

/// Compose, with the file of this repository.
#[derive(Debug)]
pub struct Compose {
    root: PathBuf,
}

impl Compose {
    /// Finds out whether Docker and compose answer. `root` is the repository's folder.
    ///
    /// # Errors
    /// When one of them does not.
    pub fn open(root: &Path) -> Result<Self, ComposeError> {
        let compose = Self { root: root.to_owned() };
        let daemon = compose.ask(["version", "--format", "{{.Server.Version}}"])?;
        if !daemon.status.success() {
            return Err(ComposeError::NoDaemon { message: message(&daemon) });
        }
        let plugin = compose.ask(["compose", "version", "--short"])?;
        if !plugin.status.success() {
            return Err(ComposeError::NoCompose { message: message(&plugin) });
        }
        Ok(compose)
    }

    /// The services of the file, by name.
    ///
    /// # Errors
    /// When compose does not take its file.
    pub fn services(&self) -> Result<Vec<Service>, ComposeError> {
        let answer = self.answer("config", &["--format", "json"])?;
        answers::services(&answer).map_err(|source| ComposeError::Answer { verb: "config", source })
    }

    /// The containers that there are, running or not.
    ///
    /// # Errors
    /// When compose cannot tell.
    pub fn containers(&self) -> Result<Vec<Container>, ComposeError> {
        let answer = self.answer("ps", &["--all", "--format", "json"])?;
        answers::containers(&answer).map_err(|source| ComposeError::Answer { verb: "ps", source })
    }

    /// Fails where Docker lacks an image of these services.
    ///
    /// # Errors
    /// When one is missing.
    pub fn expect_images(&self, services: &[Service]) -> Result<(), ComposeError> {
        let mut images = Vec::new();
        for service in services {
            let found = self.ask(["image", "inspect", "--format", "{{.Id}}", &service.image])?;
            if !found.status.success() {
                images.push(service.image.clone());
            }
        }
        if images.is_empty() { Ok(()) } else { Err(ComposeError::NoImages { images }) }
    }

    /// Starts all services and waits until each is healthy. Progress goes to stderr.
    ///
    /// # Errors
    /// When one is not.
    pub fn up(&self) -> Result<(), ComposeError> {
        self.tell("up", &["--detach", "--remove-orphans", "--wait", "--wait-timeout", PATIENCE])
    }

    /// Stops all services and removes their containers and their network, and their volumes where that is asked for.
    ///
    /// # Errors
    /// When something of it is still there.
    pub fn down(&self, with_volumes: bool) -> Result<(), ComposeError> {
        let volumes: &[&str] = if with_volumes { &["--volumes"] } else { &[] };
        self.tell("down", &[&["--remove-orphans"], volumes].concat())
    }

    /// The token that the services want, from what they get into their environment.
    ///
    /// # Errors
    /// When it is not there.
    pub fn token(&self) -> Result<String, ComposeError> {
        let text = fs::read_to_string(self.root.join(VARIABLES));
        let text = text.map_err(|error| ComposeError::NoToken(Some(error)))?;
        answers::variable(&text, TOKEN).ok_or(ComposeError::NoToken(None))
    }

    fn answer(&self, verb: &'static str, options: &[&str]) -> Result<Vec<u8>, ComposeError> {
        let output = self.compose(verb, options).stdin(Stdio::null()).output().map_err(ComposeError::NoDocker)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(ComposeError::Failed { verb, message: message(&output) })
    }

    fn tell(&self, verb: &'static str, options: &[&str]) -> Result<(), ComposeError> {
        let status = self.compose(verb, options).stdin(Stdio::null()).status().map_err(ComposeError::NoDocker)?;
        if status.success() { Ok(()) } else { Err(ComposeError::Told { verb }) }
    }

    fn compose(&self, verb: &str, options: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(["compose", "--file"]).arg(self.root.join(FILE)).arg(verb).args(options);
        command
    }

    fn ask<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Result<Output, ComposeError> {
        let mut command = Command::new("docker");
        command.current_dir(&self.root).args(arguments).stdin(Stdio::null());
        command.output().map_err(ComposeError::NoDocker)
    }
}

/// What a program says on stderr, in one line.
fn message(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}
