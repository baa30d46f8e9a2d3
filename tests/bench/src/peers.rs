//! The other tools: whether they are here, and their versions.

use std::process::{Command, Stdio};

/// The program's name and version.
pub fn named(program: &str) -> String {
    let version = own_version(program).or_else(|| packaged_version(program));
    version.map_or_else(|| program.to_owned(), |version| format!("{program} {version}"))
}

/// What it says of itself.
fn own_version(program: &str) -> Option<String> {
    output(program, &["--version"])?.split_whitespace().find_map(version).or_else(|| {
        let text = output(program, &["version"])?;
        text.split_whitespace().find_map(version)
    })
}

/// Debian's crane does not know its version.
fn packaged_version(program: &str) -> Option<String> {
    version(&output("dpkg-query", &["--show", "--showformat=${Version}", program])?)
}

/// The first three numbers of a word that is a version.
fn version(word: &str) -> Option<String> {
    let word = word.trim_start_matches('v');
    let end = word.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(word.len());
    let number = word[..end].trim_end_matches('.');
    number.contains('.').then(|| number.to_owned())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_word_with_numbers_and_dots() {
        let found = |text: &str| text.split_whitespace().find_map(version);
        assert_eq!(found("bazel 7.7.1").as_deref(), Some("7.7.1"));
        assert_eq!(found("Docker version 28.5.2+dfsg4, build 9cc6dea").as_deref(), Some("28.5.2"));
        assert_eq!(found("0.20.7+ds1-5").as_deref(), Some("0.20.7"));
        assert_eq!(found("could not determine build information"), None);
    }
}
