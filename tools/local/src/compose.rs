//! Docker's command line: what compose is asked, and what it answers.

mod answers;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub use answers::{Container, Service};

use crate::Error;

/// Where the services stand, in the repository.
pub const FILE: &str = "dev/compose.yaml";

/// What they get into their environment, in the repository.
pub(crate) const VARIABLES: &str = "dev/config/local.env";

/// The variable that holds the token of the services' API.
pub(crate) const TOKEN: &str = "UNKEY_TOKEN";

/// How long all services may take to be healthy, in seconds.
const PATIENCE: &str = "120";

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
    pub fn open(root: &Path) -> Result<Self, Error> {
        let compose = Self { root: root.to_owned() };
        let daemon = compose.ask(["version", "--format", "{{.Server.Version}}"])?;
        if !daemon.status.success() {
            return Err(Error::NoDaemon { message: message(&daemon) });
        }
        let plugin = compose.ask(["compose", "version", "--short"])?;
        if !plugin.status.success() {
            return Err(Error::NoCompose { message: message(&plugin) });
        }
        Ok(compose)
    }

    /// The services of the file, by name.
    ///
    /// # Errors
    /// When compose does not take its file.
    pub fn services(&self) -> Result<Vec<Service>, Error> {
        let answer = self.answer("config", &["--format", "json"])?;
        answers::services(&answer).map_err(|source| Error::ComposeAnswer { verb: "config", source })
    }

    /// The containers that there are, running or not.
    ///
    /// # Errors
    /// When compose cannot tell.
    pub fn containers(&self) -> Result<Vec<Container>, Error> {
        let answer = self.answer("ps", &["--all", "--format", "json"])?;
        answers::containers(&answer).map_err(|source| Error::ComposeAnswer { verb: "ps", source })
    }

    /// Fails where Docker lacks an image of these services.
    ///
    /// # Errors
    /// When one is missing.
    pub fn expect_images(&self, services: &[Service]) -> Result<(), Error> {
        let mut images = Vec::new();
        for service in services {
            let found = self.ask(["image", "inspect", "--format", "{{.Id}}", &service.image])?;
            if !found.status.success() {
                images.push(service.image.clone());
            }
        }
        if images.is_empty() { Ok(()) } else { Err(Error::NoImages { images }) }
    }

    /// Starts all services and waits until each is healthy. Progress goes to stderr.
    ///
    /// # Errors
    /// When one is not.
    pub fn up(&self) -> Result<(), Error> {
        self.tell("up", &["--detach", "--remove-orphans", "--wait", "--wait-timeout", PATIENCE])
    }

    /// Stops all services and removes their containers and their network, and their volumes where that is asked for.
    ///
    /// # Errors
    /// When something of it is still there.
    pub fn down(&self, with_volumes: bool) -> Result<(), Error> {
        let volumes: &[&str] = if with_volumes { &["--volumes"] } else { &[] };
        self.tell("down", &[&["--remove-orphans"], volumes].concat())
    }

    /// The token that the services want, from what they get into their environment.
    ///
    /// # Errors
    /// When it is not there.
    pub fn token(&self) -> Result<String, Error> {
        let text = fs::read_to_string(self.root.join(VARIABLES));
        let text = text.map_err(|error| Error::NoToken(Some(error)))?;
        answers::variable(&text, TOKEN).ok_or(Error::NoToken(None))
    }

    fn answer(&self, verb: &'static str, options: &[&str]) -> Result<Vec<u8>, Error> {
        let output = self.compose(verb, options).stdin(Stdio::null()).output().map_err(Error::NoDocker)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(Error::Compose { verb, message: message(&output) })
    }

    fn tell(&self, verb: &'static str, options: &[&str]) -> Result<(), Error> {
        let status = self.compose(verb, options).stdin(Stdio::null()).status().map_err(Error::NoDocker)?;
        if status.success() { Ok(()) } else { Err(Error::ComposeTold { verb }) }
    }

    fn compose(&self, verb: &str, options: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(["compose", "--file"]).arg(self.root.join(FILE)).arg(verb).args(options);
        command
    }

    fn ask<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Result<Output, Error> {
        let mut command = Command::new("docker");
        command.current_dir(&self.root).args(arguments).stdin(Stdio::null());
        command.output().map_err(Error::NoDocker)
    }
}

/// What a program says on stderr, in one line.
fn message(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}
