//! What a caller sets in an image: files in `rules_oci`'s formats, and the part of a config that they make.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::environment_expansion::Environment;
use crate::lines;
use oci::document::is_rfc3339;
use oci::json::{Json, Object};

/// The settings of an image (image-spec, config.md). What is `None` stays as the base has it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The time of creation, RFC 3339: the file's content, without a line feed at its end.
    pub created: Option<PathBuf>,
    /// One argument a line. Removes the base's command.
    pub entrypoint: Option<PathBuf>,
    /// One argument a line.
    pub cmd: Option<PathBuf>,
    /// One line, comma separated.
    pub exposed_ports: Option<PathBuf>,
    /// One line, comma separated.
    pub volumes: Option<PathBuf>,
    /// `KEY=VALUE` lines.
    pub env: Option<PathBuf>,
    /// `name=value` lines.
    pub labels: Option<PathBuf>,
    /// `name=value` lines, for the manifest.
    pub annotations: Option<PathBuf>,
    /// User or uid, with or without a group.
    pub user: Option<String>,
    /// Working directory.
    pub workdir: Option<String>,
}

/// The settings with their files read.
#[derive(Debug)]
pub struct Texts {
    created: Option<String>,
    entrypoint: Option<String>,
    cmd: Option<String>,
    exposed_ports: Option<String>,
    volumes: Option<String>,
    env: Option<String>,
    labels: Option<String>,
    annotations: Option<String>,
    user: Option<String>,
    workdir: Option<String>,
}

impl Settings {
    /// Reads all files.
    ///
    /// # Errors
    /// When one cannot be read or is not UTF-8, or the time is none.
    pub fn read(&self) -> Result<Texts, Error> {
        Ok(Texts {
            created: read_time(self.created.as_deref())?,
            entrypoint: read(self.entrypoint.as_deref())?,
            cmd: read(self.cmd.as_deref())?,
            exposed_ports: read(self.exposed_ports.as_deref())?,
            volumes: read(self.volumes.as_deref())?,
            env: read(self.env.as_deref())?,
            labels: read(self.labels.as_deref())?,
            annotations: read(self.annotations.as_deref())?,
            user: self.user.clone(),
            workdir: self.workdir.clone(),
        })
    }
}

impl Texts {
    /// What is to be merged into `config`. The order of the keys is part of the image's digest.
    pub fn patch(&self, config: &Object) -> Result<Object, Error> {
        let mut patch = Object::new();
        let mut inner = Object::new();
        let mut set = |key: &str, value: Json| inner.insert(key.to_owned(), value);
        if let Some(created) = &self.created {
            patch.insert("created".to_owned(), created.as_str().into());
        }
        if let Some(entrypoint) = &self.entrypoint {
            // A base's command is meant for the base's entrypoint.
            set("Cmd", Json::Null);
            set("Entrypoint", Json::Array(lines::list(entrypoint)));
        }
        if let Some(cmd) = &self.cmd {
            set("Cmd", Json::Array(lines::list(cmd)));
        }
        if let Some(ports) = &self.exposed_ports {
            set("ExposedPorts", Json::Object(lines::set(ports)));
        }
        if let Some(volumes) = &self.volumes {
            set("Volumes", Json::Object(lines::set(volumes)));
        }
        if let Some(env) = &self.env {
            let mut environment = base_environment(config)?;
            environment.set_lines(env)?;
            set("Env", Json::Array(environment.into_entries()));
        }
        if let Some(labels) = &self.labels {
            set("Labels", Json::Object(lines::pairs(labels)));
        }
        if let Some(user) = &self.user {
            set("User", user.as_str().into());
        }
        if let Some(workdir) = &self.workdir {
            set("WorkingDir", workdir.as_str().into());
        }
        if !inner.is_empty() {
            patch.insert("config".to_owned(), Json::Object(inner));
        }
        Ok(patch)
    }

    /// What is to be added to the manifest's annotations.
    pub fn annotations(&self) -> Option<Object> {
        self.annotations.as_deref().map(lines::pairs)
    }
}

fn read(path: Option<&Path>) -> Result<Option<String>, Error> {
    let Some(path) = path else { return Ok(None) };
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}

/// A time that clients cannot read makes an image that nobody can pull.
fn read_time(path: Option<&Path>) -> Result<Option<String>, Error> {
    let Some(mut text) = read(path)? else { return Ok(None) };
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    match path {
        Some(path) if !is_rfc3339(&text) => Err(Error::Created { path: path.to_owned() }),
        _ => Ok(Some(text)),
    }
}

fn base_environment(config: &Object) -> Result<Environment, Error> {
    // To `jq`, which made this format, `false` is as absent as `null`.
    let entries = match config.get("config").and_then(|inner| inner.get("Env")) {
        None | Some(Json::Null | Json::Bool(false)) => return Ok(Environment::default()),
        Some(Json::Array(entries)) => entries,
        Some(other) => return Err(shape("config.Env".to_owned(), "an array", other)),
    };
    let mut texts = Vec::with_capacity(entries.len());
    for (place, entry) in entries.iter().enumerate() {
        let text = entry.as_str().ok_or_else(|| shape(format!("config.Env[{place}]"), "a string", entry))?;
        texts.push(text);
    }
    Ok(Environment::new(texts))
}

fn shape(member: String, expected: &'static str, found: &Json) -> Error {
    Error::Shape { document: "config", member, expected, found: found.kind() }
}
