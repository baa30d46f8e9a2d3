//! Writes files, with the folders that they are in.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Writes a file. An unchanged one keeps its time, so that Bazel need not look at it again.
pub fn write(path: &Path, content: impl AsRef<[u8]>) {
    let content = content.as_ref();
    if fs::read(path).is_ok_and(|existing| existing == content) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, content).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
}

/// Writes a file that can be run.
pub fn write_program(path: &Path, content: impl AsRef<[u8]>) {
    write(path, content);
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("set");
}
