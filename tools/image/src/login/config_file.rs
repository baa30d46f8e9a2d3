//! Docker's `config.json` as a document to change: what is not a registry's credentials stays as it is.

use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

use crate::secret::Secret;

const AUTHS: &str = "auths";
const HELPERS: &str = "credHelpers";
const STORE: &str = "credsStore";

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is there and cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not JSON.
    #[error("`{path}` is no configuration of docker's")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// It has something else where this belongs.
    #[error("`{path}` is no configuration of docker's: its `{key}` is of the wrong kind")]
    Kind {
        /// The file.
        path: PathBuf,
        /// The name of the part.
        key: &'static str,
    },
    /// It cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl ConfigError {
    /// What to do about it, where that can be said.
    pub(super) fn hint(&self) -> Option<String> {
        let is_broken = matches!(self, Self::Syntax { .. } | Self::Kind { .. });
        is_broken.then(|| "mend it or move it away, or name another folder with `DOCKER_CONFIG`".to_owned())
    }
}

/// The document and where it belongs.
#[derive(Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
    document: Map<String, Value>,
}

impl ConfigFile {
    /// Reads it; one that is not there is empty.
    pub(super) fn read(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join("config.json");
        // A link leads to the file that is changed: in its place a file would part the two.
        let path = fs::canonicalize(&path).unwrap_or(path);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => "{}".to_owned(),
            Err(source) => return Err(ConfigError::Read { path, source }),
        };
        match serde_json::from_str(&text) {
            Ok(document) => Ok(Self { path, document }),
            Err(source) => Err(ConfigError::Syntax { path, source }),
        }
    }

    /// The helper that keeps this registry's credentials: its own, or the one of all registries.
    pub(super) fn helper(&self, registry: &str) -> Result<Option<String>, ConfigError> {
        let own = match self.document.get(HELPERS) {
            None | Some(Value::Null) => None,
            Some(Value::Object(helpers)) => helpers.get(registry),
            Some(_) => return Err(self.kind(HELPERS)),
        };
        match own.or_else(|| self.document.get(STORE)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(name)) => Ok(Some(name.clone()).filter(|name| !name.is_empty())),
            Some(_) => Err(self.kind(if own.is_some() { HELPERS } else { STORE })),
        }
    }

    /// Puts credentials in.
    pub(super) fn set(&mut self, registry: &str, username: &str, password: &Secret) -> Result<(), ConfigError> {
        let encoded = STANDARD.encode(format!("{username}:{}", password.expose()));
        self.put(registry, json!({ "auth": encoded }))
    }

    /// Takes credentials out, and lists the registry all the same.
    pub(super) fn set_empty(&mut self, registry: &str) -> Result<(), ConfigError> {
        self.put(registry, json!({}))
    }

    fn put(&mut self, registry: &str, entry: Value) -> Result<(), ConfigError> {
        let kind = self.kind(AUTHS);
        let entries = self.document.entry(AUTHS).or_insert_with(|| json!({}));
        if entries.is_null() {
            *entries = json!({});
        }
        entries.as_object_mut().ok_or(kind)?.insert(registry.to_owned(), entry);
        Ok(())
    }

    /// Writes it, whole or not at all, for its owner's eyes. Returns where.
    pub(super) fn write(self) -> Result<PathBuf, ConfigError> {
        match self.replace() {
            Ok(()) => Ok(self.path),
            Err(source) => Err(ConfigError::Write { path: self.path, source }),
        }
    }

    fn replace(&self) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // Made with mode 0600, and it keeps that when it gets its name.
        let mut file = NamedTempFile::new_in(folder)?;
        let mut text = serde_json::to_string_pretty(&self.document)?;
        text.push('\n');
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }

    fn kind(&self, key: &'static str) -> ConfigError {
        ConfigError::Kind { path: self.path.clone(), key }
    }
}
