//! Outputs of a step of a GitHub workflow: lines `name=value` at the end of a file.
//!
//! Owns that file's format. A value that could end its line or begin another output is an error, not something to quote.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use terminal::{Context as _, Failure};

/// Adds outputs to a file, all or none.
pub fn append(path: &Path, outputs: &[(&'static str, String)]) -> Result<(), Failure> {
    let mut text = String::new();
    for (name, value) in outputs {
        let is_printable = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !is_printable {
            let message = format!("the output `{name}` cannot be written: its value is not printable ASCII");
            return Err(Failure::unknown(message));
        }
        let _ = writeln!(text, "{name}={value}");
    }
    write(path, &text).with_context(|| format!("cannot write the outputs to `{}`", path.display()))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    // An earlier step may have left its last line open; the first output is not to become part of it.
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            return file.write_all(format!("\n{text}").as_bytes());
        }
    }
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn outputs_are_added_behind_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output");
        let outputs = [("service", "api".to_owned()), ("version", "v1.2.3".to_owned())];
        append(&path, &outputs).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "service=api\nversion=v1.2.3\n");
        fs::write(&path, "open=line").unwrap();
        append(&path, &outputs[..1]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "open=line\nservice=api\n");
    }

    #[test]
    fn a_value_that_could_break_out_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output");
        for value in ["a\nservice=evil", "a\rb", "\0", "ü", "\u{1b}[0m"] {
            let outputs = [("good", "x".to_owned()), ("bad", value.to_owned())];
            let error = append(&path, &outputs).unwrap_err();
            assert_eq!(error.to_string(), "the output `bad` cannot be written: its value is not printable ASCII");
            assert!(!path.exists());
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = append(folder.path(), &[]).unwrap_err();
        let expected = format!("cannot write the outputs to `{}`: Is a directory", folder.path().display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
