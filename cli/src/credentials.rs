//! The file that keeps the key and the addresses that it is for. Nobody but the user may read it.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::configuration;
use crate::error::Error;
use crate::secret::Secret;

/// The file's name in the client's folder.
const NAME: &str = "credentials.json";

/// In bytes: far more than a login has, and little enough to read whatever else is there.
const LONGEST: u64 = 64 * 1024;

/// A login as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Credentials {
    /// The key.
    pub key: Secret,
    /// Where the API is that it is for.
    pub api_url: String,
    /// Where the control API is that it is for, if the user has named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_url: Option<String>,
}

/// The file, whether or not it is there.
#[derive(Clone, Debug)]
pub struct File {
    path: PathBuf,
}

impl File {
    /// The user's own.
    ///
    /// # Errors
    /// When the environment does not say where the user's files are.
    pub fn of_user() -> Result<Self, Error> {
        configuration::folder().map(|folder| Self::within(&folder)).ok_or(Error::NoFolder)
    }

    /// The one of this folder.
    #[must_use]
    pub fn within(folder: &Path) -> Self {
        Self { path: folder.join(NAME) }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds; nothing where there is none.
    ///
    /// # Errors
    /// When it cannot be read, holds no login, or can be read by others.
    pub fn load(&self) -> Result<Option<Credentials>, Error> {
        // Looked at first: a pipe would be waited for.
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_file() => self.check_readers(&metadata)?,
            Ok(_) => return Err(Error::NoFile { path: self.path.clone() }),
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(self.error(error)),
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(&self.path).map_err(|error| self.error(error))?;
        file.take(LONGEST).read_to_end(&mut bytes).map_err(|error| self.error(error))?;
        let parsed = serde_json::from_slice(&bytes);
        parsed.map(Some).map_err(|error| Error::Text { path: self.path.clone(), reason: safe_reason(&error) })
    }

    /// Puts a login in the place of what is there, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written; what was there is as it was.
    pub fn store(&self, credentials: &Credentials) -> Result<(), Error> {
        self.write(credentials).map_err(|error| self.error(error))
    }

    fn write(&self, credentials: &Credentials) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new(""));
        make_private(folder)?;
        // On Unix it is the user's alone from the first byte on, as tempfile makes it. On Windows it gets the rights of the
        // profile that it is in.
        let mut file = NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, credentials)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }

    /// Removes it. Returns whether it was there.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub fn remove(&self) -> Result<bool, Error> {
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(self.error(error)),
        }
    }

    #[cfg(unix)]
    fn check_readers(&self, metadata: &fs::Metadata) -> Result<(), Error> {
        use std::os::unix::fs::PermissionsExt as _;

        let mode = metadata.permissions().mode() & 0o7777;
        let of_others = mode & 0o077;
        if of_others == 0 { Ok(()) } else { Err(Error::Exposed { path: self.path.clone(), mode }) }
    }

    /// A user's profile is private by the rights that Windows gives it.
    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "Unix has something to look at")]
    fn check_readers(&self, _metadata: &fs::Metadata) -> Result<(), Error> {
        Ok(())
    }

    fn error(&self, source: io::Error) -> Error {
        Error::File { path: self.path.clone(), source }
    }
}

/// The folder itself or one above it may be missing, or be a file.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// What is wrong with a document and where, without any of its text: that may be the key.
fn safe_reason(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "a value is missing or of another kind",
        _ => "it is not JSON",
    };
    format!("{kind}, line {}", error.line())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn login(key: &str) -> Credentials {
        Credentials { key: Secret::new(key).unwrap(), api_url: "https://a".to_owned(), control_url: None }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn what_is_stored_is_the_users_alone_and_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("config/unkey");
        let file = File::within(&folder);
        assert_eq!(file.load().unwrap(), None);
        for key in ["first", "second"] {
            file.store(&login(key)).unwrap();
            assert_eq!(file.load().unwrap(), Some(login(key)));
        }
        assert_eq!((mode(file.path()), mode(&folder)), (0o600, 0o700));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing stays beside it");
        assert!(file.remove().unwrap());
        assert!(!file.remove().unwrap());
    }

    #[test]
    fn one_that_others_can_read_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let file = File::within(home.path());
        file.store(&login("hunter2")).unwrap();
        for open in [0o640, 0o604, 0o644, 0o620] {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(open)).unwrap();
            assert!(matches!(file.load(), Err(Error::Exposed { mode, .. }) if mode == open), "{open:o}");
        }
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(file.load().unwrap(), Some(login("hunter2")));
    }

    #[test]
    fn one_that_is_no_login_is_told_without_its_text() {
        let home = tempfile::tempdir().unwrap();
        let file = File::within(home.path());
        let texts: [&[u8]; 6] = [
            b"",
            b"hunter2",
            b"{\"key\": \"hunter2\"}",
            b"{\"key\": [\"hunter2\"], \"api_url\": \"https://a\"}",
            b"\xef\xbb\xbf{}",
            b"hunter2\xff",
        ];
        for text in texts {
            file.store(&login("x")).unwrap();
            fs::write(file.path(), text).unwrap();
            let error = file.load().unwrap_err().to_string();
            assert!(error.contains("holds no login") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_is_no_file_is_told_and_not_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let file = File::within(home.path());
        let told = |file: &File| assert!(matches!(file.load(), Err(Error::NoFile { path }) if path == file.path()));
        fs::create_dir(file.path()).unwrap();
        told(&file);
        fs::remove_dir(file.path()).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(file.path()).status().unwrap().success());
        told(&file);
    }

    #[test]
    fn a_write_that_fails_leaves_what_was_there() {
        let home = tempfile::tempdir().unwrap();
        let blocked = home.path().join("file");
        fs::write(&blocked, "").unwrap();
        let file = File::within(&blocked.join("unkey"));
        assert_eq!(file.load().unwrap(), None);
        let error = file.store(&login("x")).unwrap_err();
        assert!(matches!(&error, Error::File { path, .. } if path == file.path()), "{error}");
    }
}
