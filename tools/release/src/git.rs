//! The one way to git: how its program is started and what its failure looks like.
//!
//! Owns starting it; what it sees of the user's environment and configuration is `surroundings`'. Which questions are asked
//! is the callers'. Text that came from outside reaches git as a full reference name, on stdin, or behind
//! `--end-of-options`.

mod surroundings;

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use serde::Serialize;

use crate::printable;

/// What can go wrong with git itself.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program cannot be started.
    #[error("cannot run `git`")]
    Start(#[source] io::Error),
    /// The program says that it failed.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What it said, on one line, printable, without the credentials of addresses.
        message: String,
    },
    /// The program says something that this one does not understand. The answer is left out: settings and files of the
    /// user's are in it, and some of them are secrets.
    #[error("`git {command}` gave an unexpected answer")]
    Answer {
        /// The subcommand.
        command: String,
    },
}

impl GitError {
    /// What git said when it failed.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Failed { message, .. } => message,
            Self::Start(_) | Self::Answer { .. } => "",
        }
    }
}

/// The name of an object: all of its hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ObjectId(String);

impl ObjectId {
    /// Reads a full object name of either hash.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (is_hex && matches!(text.len(), 40 | 64)).then(|| Self(text.to_owned()))
    }

    /// All digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough digits for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..9]
    }

    /// Whether it stands for "no such file".
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'0')
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Git in one folder.
#[derive(Debug, Clone)]
pub struct Git {
    folder: PathBuf,
}

impl Git {
    /// Git in this folder. Whether it is a repository shows with the first question.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where it runs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a command prints.
    ///
    /// # Errors
    /// When it cannot be started or does not exit with 0.
    pub fn read(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        let output = self.command(arguments).stdin(Stdio::null()).output().map_err(GitError::Start)?;
        stdout_of(output, arguments)
    }

    /// What a command prints that is valid text.
    ///
    /// # Errors
    /// As `read`, and when it is not UTF-8.
    pub fn read_text(&self, arguments: &[&str]) -> Result<String, GitError> {
        String::from_utf8(self.read(arguments)?).map_err(|_| unexpected(arguments))
    }

    /// What a command prints that exits with 1 where it finds nothing; then that is nothing.
    ///
    /// # Errors
    /// When it cannot be started or exits with anything else.
    pub fn find(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        let output = self.command(arguments).stdin(Stdio::null()).output().map_err(GitError::Start)?;
        if output.status.code() == Some(1) { Ok(Vec::new()) } else { stdout_of(output, arguments) }
    }

    /// What a command prints that reads `input`.
    ///
    /// # Errors
    /// When it cannot be started or does not exit with 0.
    pub fn read_with_input(&self, arguments: &[&str], input: Vec<u8>) -> Result<Vec<u8>, GitError> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(GitError::Start)?;
        let stdin = child.stdin.take();
        // Beside the reading: git answers while it is asked, and both pipes are finite.
        let writer = thread::spawn(move || stdin.map_or(Ok(()), |mut stdin| stdin.write_all(&input)));
        let output = child.wait_with_output().map_err(GitError::Start)?;
        // A git that died without reading everything tells why by its exit status.
        let _ = writer.join();
        stdout_of(output, arguments)
    }

    /// The answer of a command that exits with 0 for yes and 1 for no.
    ///
    /// # Errors
    /// When it cannot be started or exits with anything else.
    pub fn ask(&self, arguments: &[&str]) -> Result<bool, GitError> {
        let output = self.command(arguments).stdin(Stdio::null()).output().map_err(GitError::Start)?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(failure(&output, arguments)),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        surroundings::prepare(&mut command, arguments.first().copied().unwrap_or_default());
        command.current_dir(&self.folder).args(arguments);
        command
    }
}

/// An answer that makes no sense.
pub(crate) fn unexpected(arguments: &[&str]) -> GitError {
    GitError::Answer { command: subcommand(arguments) }
}

fn stdout_of(output: Output, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    if output.status.success() { Ok(output.stdout) } else { Err(failure(&output, arguments)) }
}

fn failure(output: &Output, arguments: &[&str]) -> GitError {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| is_news(line)).collect();
    let message = match (lines.is_empty(), output.status.code()) {
        (false, _) => printable::line(&without_credentials(&lines.join("; "))),
        (true, Some(code)) => format!("exit status {code}"),
        (true, None) => "it was killed".to_owned(),
    };
    GitError::Failed { command: subcommand(arguments), message }
}

/// Masks what stands before the host of each address: git names addresses of remotes and proxies as they were configured,
/// at the latest when it cannot read them.
fn without_credentials(text: &str) -> String {
    let mask = |word: &str| {
        let (scheme, rest) = word.split_once("://")?;
        let (_, place) = rest.rsplit_once('@')?;
        Some(format!("{scheme}://***@{place}"))
    };
    let words: Vec<String> = text.split(' ').map(|word| mask(word).unwrap_or_else(|| word.to_owned())).collect();
    words.join(" ")
}

/// What is neither advice for who typed the command, which nobody did, nor about a reference that went well, nor a line of
/// `GIT_TRACE`, which begins with the time.
fn is_news(line: &str) -> bool {
    let is_frame = ["hint:", "From ", "To "].iter().any(|start| line.starts_with(start));
    let is_fine = line.contains(" -> ") && !line.starts_with("! [");
    let is_trace =
        line.as_bytes().get(..3).is_some_and(|start| start[..2].iter().all(u8::is_ascii_digit) && start[2] == b':');
    !(line.is_empty() || is_frame || is_fine || is_trace)
}

fn subcommand(arguments: &[&str]) -> String {
    arguments.first().copied().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_names_are_whole() {
        let sha1 = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(ObjectId::parse(sha1).unwrap().short(), "012345678");
        assert!(ObjectId::parse(&"0".repeat(64)).unwrap().is_zero());
        for bad in ["", "0123", &sha1.to_uppercase(), "--upload-pack=x", &"g".repeat(40)] {
            assert_eq!(ObjectId::parse(bad), None);
        }
    }

    #[test]
    fn a_failure_tells_what_git_said_on_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let error = Git::new(folder.path()).read(&["rev-parse", "--show-toplevel"]).unwrap_err();
        let expected = "`git rev-parse` failed: fatal: not a git repository (or any of the parent directories): .git";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn credentials_of_addresses_are_never_told() {
        for (said, expected) in [
            (
                "unable to access 'https://u:hunter2@a.example/o/r': no",
                "unable to access 'https://***@a.example/o/r': no",
            ),
            ("Invalid proxy URL 'http://u:hunter2@'", "Invalid proxy URL 'http://***@'"),
            ("no https://hunter2@a.example/ and ssh://u@b:22/", "no https://***@a.example/ and ssh://***@b:22/"),
            ("https://u:hun'ter@2@a.example", "https://***@a.example"),
            (
                "cannot read https://a.example/o/r of git@a.example:o/r",
                "cannot read https://a.example/o/r of git@a.example:o/r",
            ),
        ] {
            assert_eq!(without_credentials(said), expected);
        }
    }

    #[test]
    fn nothing_found_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(folder.path());
        git.read(&["init", "--quiet"]).unwrap();
        assert_eq!(git.find(&["config", "--get-regexp", "^no[.]such[.]"]).unwrap(), b"");
        assert!(git.find(&["config", "--get-regexp", "^core[.]bare$"]).unwrap().starts_with(b"core.bare "));
        assert!(git.find(&["config", "--no-such-option"]).is_err());
    }

    #[test]
    fn large_input_and_output_do_not_wait_for_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(folder.path());
        git.read(&["init", "--quiet"]).unwrap();
        let input = "refs/heads/none\n".repeat(100_000).into_bytes();
        let output = git.read_with_input(&["cat-file", "--batch-check"], input).unwrap();
        assert_eq!(output.split(|&byte| byte == b'\n').count(), 100_001);
    }
}
