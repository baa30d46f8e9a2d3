//! Params files: `@FILE` on the command line stands for the lines of that file, an argument each, as Bazel's
//! `multiline` format writes them. Long lists of inputs do not fit on a command line.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use clap::Command;
use terminal::{Context as _, Failure};

/// Replaces each `@FILE` by the file's lines. Not where the argument before is an option that takes a value: Bazel's
/// labels can start with `@` too. For the same reason a line of a params file is never another params file.
pub fn expand(arguments: impl IntoIterator<Item = OsString>, command: &Command) -> Result<Vec<OsString>, Failure> {
    let mut expanded: Vec<OsString> = Vec::new();
    for argument in arguments {
        let is_value = expanded.last().is_some_and(|before| takes_value(before, command));
        match argument.as_bytes() {
            [b'@', path @ ..] if !is_value => {
                let path = OsStr::from_bytes(path);
                let lines = read(path).with_context(|| format!("cannot read params file `{}`", path.display()))?;
                expanded.extend(lines);
            }
            _ => expanded.push(argument),
        }
    }
    Ok(expanded)
}

fn read(path: &OsStr) -> io::Result<Vec<OsString>> {
    let mut bytes = fs::read(path)?;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(bytes.split(|byte| *byte == b'\n').map(|line| OsString::from_vec(line.to_vec())).collect())
}

/// Whether an argument is an option, of any verb, whose value comes next.
fn takes_value(argument: &OsStr, command: &Command) -> bool {
    let Some(name) = argument.to_str().and_then(|argument| argument.strip_prefix("--")) else { return false };
    let verbs = command.get_subcommands().chain([command]);
    verbs
        .flat_map(Command::get_arguments)
        .any(|option| option.get_long() == Some(name) && option.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn expanded(arguments: &[&str]) -> Result<Vec<OsString>, Failure> {
        expand(arguments.iter().map(OsString::from), &Cli::command())
    }

    fn params(text: &str) -> (tempfile::NamedTempFile, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let argument = format!("@{}", file.path().display());
        (file, argument)
    }

    #[test]
    fn lines_become_arguments_wherever_the_file_stands() {
        let (_file, argument) = params("--user\n\n--layer\n@a b\n");
        let all = expanded(&["image_build", "assemble", &argument, "--base", "x"]).unwrap();
        assert_eq!(all, ["image_build", "assemble", "--user", "", "--layer", "@a b", "--base", "x"]);
        let (_file, argument) = params("assemble\n--base=x");
        assert_eq!(expanded(&["image_build", &argument]).unwrap(), ["image_build", "assemble", "--base=x"]);
    }

    #[test]
    fn an_empty_file_is_no_argument() {
        let (_file, argument) = params("");
        assert_eq!(expanded(&["image_build", &argument]).unwrap(), ["image_build"]);
    }

    #[test]
    fn a_label_is_a_value() {
        let typed = ["image_build", "assemble", "--created-by", "@tools//:x.tar", "--created-by=@y//:z"];
        assert_eq!(expanded(&typed).unwrap(), typed);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = expanded(&["image", "--version", "@no/such/file"]).unwrap_err();
        assert!(error.to_string().starts_with("cannot read params file `no/such/file`: "), "{error}");
    }
}
