//! The one way to git: how its program is started and what its failure looks like.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use terminal::printable;

use super::GitError;
use super::environment::{self, Configuration};
use crate::interruption::process;

/// Git in one folder.
#[derive(Debug, Clone)]
pub(super) struct Git {
    folder: PathBuf,
    configuration: Configuration,
}

impl Git {
    /// Git in this folder. Whether it is a repository shows with the first question.
    pub(super) fn new(folder: impl Into<PathBuf>, configuration: Configuration) -> Self {
        Self { folder: folder.into(), configuration }
    }

    /// Where it runs.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a command prints.
    ///
    /// # Errors
    /// When it cannot be started or does not exit with 0.
    pub(super) fn read(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        self.read_with_input(arguments, &[])
    }

    /// What a command prints that reads `input`.
    ///
    /// # Errors
    /// As `read`.
    pub(super) fn read_with_input(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, GitError> {
        let output = self.run(arguments, input)?;
        if output.status.success() { Ok(output.stdout) } else { Err(failure(&output, arguments)) }
    }

    /// What a command prints that exits with 0 for yes and 1 for no; nothing for a no.
    ///
    /// # Errors
    /// When it cannot be started or exits with anything else.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<Option<Vec<u8>>, GitError> {
        let output = self.run(arguments, &[])?;
        match output.status.code() {
            Some(0) => Ok(Some(output.stdout)),
            Some(1) => Ok(None),
            _ => Err(failure(&output, arguments)),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Output, GitError> {
        let mut command = Command::new("git");
        environment::prepare(&mut command, self.configuration, arguments.first().copied().unwrap_or_default());
        command.current_dir(&self.folder).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        process::run(command, input).map_err(GitError::Start)
    }
}

fn failure(output: &Output, arguments: &[&str]) -> GitError {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| is_news(line)).collect();
    let message = match (lines.is_empty(), output.status.code()) {
        (false, _) => printable::line(&without_credentials(&lines.join("; "))),
        (true, Some(code)) => format!("exit status {code}"),
        (true, None) => "it was killed".to_owned(),
    };
    GitError::Failed { command: arguments.first().copied().unwrap_or_default().to_owned(), message }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn git() -> (tempfile::TempDir, Git) {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(folder.path(), Configuration::OfUser);
        (folder, git)
    }

    #[test]
    fn a_failure_tells_what_git_said_on_one_line() {
        let error = git().1.read(&["rev-parse", "--show-toplevel"]).unwrap_err();
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
    fn a_no_is_no_failure() {
        let (_folder, git) = git();
        git.read(&["init", "--quiet"]).unwrap();
        assert_eq!(git.ask(&["config", "--get-regexp", "^no[.]such[.]"]).unwrap(), None);
        let found = git.ask(&["config", "--get-regexp", "^core[.]bare$"]).unwrap().unwrap();
        assert!(found.starts_with(b"core.bare "));
        assert!(git.ask(&["config", "--no-such-option"]).is_err());
    }

    #[test]
    fn large_input_and_output_do_not_wait_for_each_other() {
        let (_folder, git) = git();
        git.read(&["init", "--quiet"]).unwrap();
        let input = "refs/heads/none\n".repeat(100_000);
        let output = git.read_with_input(&["cat-file", "--batch-check"], input.as_bytes()).unwrap();
        assert_eq!(output.split(|&byte| byte == b'\n').count(), 100_001);
    }
}
