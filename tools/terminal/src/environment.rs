//! How environment variables are read, and those that every tool reads. A tool's own names stand in its own `environment`.

use std::ffi::OsString;
use std::path::{self, Path, PathBuf};
use std::{env, io};

/// Where `bazel run` was typed; it starts programs in a folder of its own.
const BUILD_WORKING_DIRECTORY: &str = "BUILD_WORKING_DIRECTORY";

/// The user's folder.
const HOME: &str = "HOME";

/// Where caches are kept, in place of `$HOME/.cache`.
const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";

/// The value of a variable. An empty one counts as none.
#[must_use]
pub fn read(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The folder where the command was typed, also under `bazel run`.
///
/// # Errors
/// When it is gone.
pub fn typed_in() -> io::Result<PathBuf> {
    let gone = |error: io::Error| io::Error::new(error.kind(), format!("the current folder is gone: {error}"));
    read(BUILD_WORKING_DIRECTORY).map_or_else(|| env::current_dir().map_err(gone), |folder| Ok(folder.into()))
}

/// The full path of the file or folder that a variable names.
#[must_use]
pub fn read_path(name: &str) -> Option<PathBuf> {
    read(name).map(|value| where_typed(value.as_ref()))
}

/// The full path of one that was typed or stands in a variable. A relative one begins where the command was typed, also under
/// `bazel run`.
#[must_use]
pub fn where_typed(path: &Path) -> PathBuf {
    let path = read(BUILD_WORKING_DIRECTORY).map(PathBuf::from).unwrap_or_default().join(path);
    path::absolute(&path).unwrap_or(path)
}

/// The folder of the user's caches; none where there is no home. `XDG_CACHE_HOME` has to be absolute (XDG Base Directory
/// Specification, "Basics").
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    let of_home = || read(HOME).map(|home| PathBuf::from(home).join(".cache"));
    read(XDG_CACHE_HOME).map(PathBuf::from).filter(|path| path.is_absolute()).or_else(of_home)
}
