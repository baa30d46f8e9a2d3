//! What is asked of the user: a key, which is not shown, and yes or no.

use std::io::{self, IsTerminal as _, Read as _};

use terminal::{Context as _, Failure, stderr};
use unkey::Error;
use unkey::interrupt::Interrupt;
use unkey::secret::{LONGEST, Secret};

/// A key: typed at a terminal, where nothing shows it, or all that stdin has. Nothing where Ctrl-C was typed.
pub fn key(question: &str) -> Result<Option<Secret>, Failure> {
    let stdin = io::stdin();
    let text = if stdin.is_terminal() {
        match typed(question)? {
            Some(text) => text,
            None => return Ok(None),
        }
    } else {
        let mut text = String::new();
        // White space around the key is no part of it, and one that is too long has to be told as that.
        let limit = LONGEST as u64 + 1024;
        stdin.lock().take(limit).read_to_string(&mut text).context("cannot read the key from stdin")?;
        text
    };
    Ok(Some(Secret::new(&text).map_err(|source| Error::Key { origin: "stdin".to_owned(), source })?))
}

/// The terminal has to show again what is typed, whatever ends this.
fn typed(question: &str) -> Result<Option<String>, Failure> {
    let interrupt = Interrupt::noted();
    match rpassword::prompt_password(question) {
        _ if interrupt.is_typed() => {
            stderr::print_line("");
            Ok(None)
        }
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Failure::unknown("no key was given")),
        Err(error) => Err(Failure::caused_by("cannot read the key from the terminal", &error)),
    }
}

/// Whether the user says yes. `unasked` says what to type where there is nobody to ask.
pub fn is_sure(question: &str, unasked: &str) -> Result<bool, Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::unknown("there is nobody to ask: stdin is no terminal").with_hint(unasked));
    }
    Interrupt::ends_program();
    stderr::print(&format!("{question} [y/N] "));
    let mut answer = String::new();
    stdin.read_line(&mut answer).context("cannot read the answer")?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
