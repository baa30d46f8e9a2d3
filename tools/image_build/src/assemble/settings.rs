//! What a caller sets in an image: files in `rules_oci`'s formats, and the part of a config that they make.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::Error;
use crate::container_environment::ContainerEnvironment;
use crate::lines;
use oci::document::is_rfc3339;
use oci::json::Object;

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

impl Settings {
    /// What is to be merged into the base's config. The order of the keys is part of the image's digest.
    ///
    /// # Errors
    /// When a file cannot be read or is not UTF-8, the time is none, or the environment is too large.
    pub fn config(&self, base: &Value) -> Result<Object, Error> {
        let mut config = Object::new();
        let mut inner = Object::new();
        let mut set = |key: &str, value: Value| inner.insert(key.to_owned(), value);
        if let Some(path) = &self.created {
            config.insert("created".to_owned(), read_time(path)?.into());
        }
        if let Some(path) = &self.entrypoint {
            // A base's command is meant for the base's entrypoint.
            set("Cmd", Value::Null);
            set("Entrypoint", lines::list(&read(path)?).into());
        }
        if let Some(path) = &self.cmd {
            set("Cmd", lines::list(&read(path)?).into());
        }
        if let Some(path) = &self.exposed_ports {
            set("ExposedPorts", lines::set(&read(path)?).into());
        }
        if let Some(path) = &self.volumes {
            set("Volumes", lines::set(&read(path)?).into());
        }
        if let Some(path) = &self.env {
            let entries = base["config"]["Env"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let mut environment = ContainerEnvironment::new(entries);
            environment.set_lines(&read(path)?)?;
            set("Env", environment.into_entries().into());
        }
        if let Some(path) = &self.labels {
            set("Labels", lines::pairs(&read(path)?).into());
        }
        if let Some(user) = &self.user {
            set("User", user.as_str().into());
        }
        if let Some(workdir) = &self.workdir {
            set("WorkingDir", workdir.as_str().into());
        }
        if !inner.is_empty() {
            config.insert("config".to_owned(), Value::Object(inner));
        }
        Ok(config)
    }

    /// What is to be added to the manifest's annotations.
    ///
    /// # Errors
    /// When the file cannot be read or is not UTF-8.
    pub fn annotations(&self) -> Result<Option<Object>, Error> {
        self.annotations.as_deref().map(|path| Ok(lines::pairs(&read(path)?))).transpose()
    }
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// A time that clients cannot read makes an image that nobody can pull.
fn read_time(path: &Path) -> Result<String, Error> {
    let text = read(path)?;
    let time = text.trim_end_matches(['\r', '\n']);
    if is_rfc3339(time) { Ok(time.to_owned()) } else { Err(Error::Created { path: path.to_owned() }) }
}
