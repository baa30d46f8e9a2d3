//! Docker's `config.json` as a document to change: what is not a registry's credentials stays as it is.

use std::fs::{self, DirBuilder, Metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

use crate::Error;
use crate::credentials::{DockerConfig, Helper, Place, Wanted};
use crate::secret::Secret;

/// Where entries are written. Another spelling is read and, as docker does, left alone.
const AUTHS: &str = "auths";

/// The document and where it belongs.
#[derive(Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
    document: DockerConfig,
}

impl ConfigFile {
    /// Reads it; one that is not there is empty.
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("config.json");
        // A link leads to the file that is changed, or will be: in its place a file would part the two.
        let target = || fs::read_link(&path).ok().map(|target| folder.join(target));
        let path = fs::canonicalize(&path).ok().or_else(target).unwrap_or(path);
        let document = match DockerConfig::read(&path)? {
            Some(document) => document,
            None => DockerConfig::parse(Place::File(path.clone()), b"")?,
        };
        Ok(Self { path, document })
    }

    /// The helper that keeps this registry's credentials.
    pub(super) fn helper(&self, wanted: &Wanted) -> Result<Option<Helper>, Error> {
        self.document.helper(wanted)
    }

    /// Puts credentials in.
    pub(super) fn set(&mut self, wanted: &Wanted, username: &str, password: &Secret) -> Result<(), Error> {
        let encoded = STANDARD.encode(format!("{username}:{}", password.expose()));
        self.put(wanted, json!({ "auth": encoded }))
    }

    /// Takes credentials out, and lists the registry all the same.
    pub(super) fn set_empty(&mut self, wanted: &Wanted) -> Result<(), Error> {
        self.put(wanted, json!({}))
    }

    fn put(&mut self, wanted: &Wanted, entry: Value) -> Result<(), Error> {
        self.entries()?.insert(wanted.filed_under().to_owned(), entry);
        Ok(())
    }

    /// Takes out every entry of the registry, in whichever spelling; says whether there was one.
    pub(super) fn remove(&mut self, wanted: &Wanted) -> Result<bool, Error> {
        let entries = self.entries()?;
        let before = entries.len();
        entries.retain(|key, _| !wanted.is_registry(key));
        Ok(entries.len() < before)
    }

    fn entries(&mut self) -> Result<&mut Map<String, Value>, Error> {
        let wrong_kind = self.document.wrong_kind(AUTHS);
        let entries = self.document.members.entry(AUTHS).or_insert_with(|| json!({}));
        if entries.is_null() {
            *entries = json!({});
        }
        entries.as_object_mut().ok_or(wrong_kind)
    }

    /// Who may read the file beside its owner, once it is written.
    pub(super) fn is_open_to_others(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The error for a helper that it names.
    pub(super) fn helper_failed(&self, source: Error) -> Error {
        self.document.helper_failed(source)
    }

    /// Writes it, whole or not at all. A new one is for its owner's eyes; one that is there keeps its mode and owner.
    pub(super) fn write(&self) -> Result<(), Error> {
        self.replace().map_err(|source| Error::WriteConfig { path: self.path.clone(), source })
    }

    fn replace(&self) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // Made with mode 0600.
        let mut file = NamedTempFile::new_in(folder)?;
        let mut text = serde_json::to_string_pretty(&self.document.members)?;
        text.push('\n');
        file.write_all(text.as_bytes())?;
        if let Ok(before) = fs::metadata(&self.path) {
            keep(&before, file.as_file())?;
        }
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// The owner first: giving a file away may change its mode. Who may not give it away keeps it, as docker does.
fn keep(before: &Metadata, file: &fs::File) -> io::Result<()> {
    let _ = fchown(file, Some(before.uid()), Some(before.gid()));
    file.set_permissions(fs::Permissions::from_mode(before.mode() & 0o777))
}
