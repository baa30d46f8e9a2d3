//! Where the client's files are on this operating system. Owns no file.

use std::path::PathBuf;

use crate::environment::{self, APPDATA, HOME, XDG_CONFIG_HOME};

/// The client's own folder among the user's configurations.
const NAME: &str = "unkey";

/// The folder, whether or not it exists; none where the environment does not say where the user's are.
///
/// `$XDG_CONFIG_HOME` or `~/.config` on Linux, `~/Library/Application Support` on macOS, `%APPDATA%` on Windows.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let home = || environment::read_path(HOME);
    let folder = if cfg!(windows) {
        environment::read_path(APPDATA)
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support"))
    } else {
        // A relative one is to be ignored (XDG Base Directory Specification, "Basics").
        let named = environment::read(XDG_CONFIG_HOME).map(PathBuf::from).filter(|path| path.is_absolute());
        named.or_else(|| home().map(|home| home.join(".config")))
    };
    folder.map(|folder| folder.join(NAME))
}

/// What has to be set where [`folder`] finds none.
#[must_use]
pub fn variable() -> &'static str {
    if cfg!(windows) { APPDATA } else { HOME }
}
