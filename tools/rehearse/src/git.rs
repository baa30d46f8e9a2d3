//! The one way to git: in a folder, with nothing of the user's that a runner does not have, and with what it complained of when
//! it fails.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Files as they are committed and no hook, whatever the user's settings say.
const SETTINGS: [&str; 7] = [
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.eol=lf",
    "core.fileMode=true",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.symlinks=true",
];

/// Git did not do it.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It cannot be started.
    #[error("cannot run git")]
    Start(#[source] io::Error),
    /// It said no.
    #[error("`git {arguments}` failed: {complaint}")]
    Failed {
        /// What it was asked.
        arguments: String,
        /// The last line that it printed.
        complaint: String,
    },
}

/// Runs git in a folder; what it prints, without the line break at its end.
///
/// # Errors
/// When it fails.
pub fn git(folder: &Path, arguments: &[&str]) -> Result<String, GitError> {
    let mut command = Command::new("git");
    command.current_dir(folder).stdin(Stdio::null());
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.args(arguments);
    for (name, _) in env::vars_os().filter(|(name, _)| is_git_s(name)) {
        command.env_remove(name);
    }
    let output = command.output().map_err(GitError::Start)?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint = complaint.trim().lines().last().unwrap_or("it does not say why").to_owned();
        return Err(GitError::Failed { arguments: arguments.join(" "), complaint });
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}

/// Where the user's configuration stands is kept: it says whose folders git may read.
fn is_git_s(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("GIT_") && !name.starts_with("GIT_CONFIG_")
}
