//! The one way to git: in a folder, without the caller's `GIT_*` variables, and with what it complained of when it fails.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

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
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
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

fn is_git_s(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("GIT_")
}
