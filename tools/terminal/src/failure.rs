//! How a command fails: the text of an error with its causes, its hint and its verdict, kept together until they are printed.

use std::error::Error;
use std::fmt;
use std::fmt::Write as _;
use std::process::ExitCode;

use crate::diagnostic::{Diagnostic, Verdict, chain};
use crate::{Exit, printable, stderr};

/// What a binary's functions return in place of an error. `?` makes one of every [`Diagnostic`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    message: String,
    hint: Option<String>,
    verdict: Verdict,
}

impl Failure {
    /// Something could not be told, for a reason that is no error of a library.
    pub fn unknown(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, verdict: Verdict::Unknown }
    }

    /// Something is refused, or was found wrong.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, verdict: Verdict::Refused }
    }

    /// Something could not be done because of an error that is no [`Diagnostic`], such as another library's.
    pub fn caused_by(message: impl fmt::Display, cause: &dyn Error) -> Self {
        Self::unknown(format!("{message}: {}", chain(cause)))
    }

    /// With what to do about it.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// With what was being done, in front of the text.
    #[must_use]
    pub fn context(self, text: impl fmt::Display) -> Self {
        Self { message: format!("{text}: {}", self.message), ..self }
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether it is a "no" rather than a "don't know".
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.verdict == Verdict::Refused
    }

    /// The exit status that it means.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self.verdict {
            Verdict::Refused => Exit::Refused,
            Verdict::Unknown => Exit::Error,
        }
    }

    /// Prints it on stderr: `error: `, the text and its causes; below that `hint: `.
    pub fn print(&self) {
        stderr::print(&self.report());
    }

    /// Whatever a server or a file has put into the text, it moves no cursor and hides nothing.
    fn report(&self) -> String {
        let mut report = format!("error: {}\n", printable::text(&self.message));
        if let Some(hint) = &self.hint {
            let _ = writeln!(report, "\nhint: {}", printable::text(hint));
        }
        report
    }
}

/// The text and its causes, without the hint.
impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl<E: Diagnostic> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { message: chain(&error), hint: error.hint(), verdict: error.verdict() }
    }
}

/// Says what was being done when something failed. The hint and the verdict stay what they are.
pub trait Context<T> {
    /// With this text in front.
    ///
    /// # Errors
    /// The error, with the text.
    fn context(self, text: impl fmt::Display) -> Result<T, Failure>;

    /// With the text that this makes in front.
    ///
    /// # Errors
    /// The error, with the text.
    fn with_context<C: fmt::Display>(self, text: impl FnOnce() -> C) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> Context<T> for Result<T, E> {
    fn context(self, text: impl fmt::Display) -> Result<T, Failure> {
        self.map_err(|error| error.into().context(text))
    }

    fn with_context<C: fmt::Display>(self, text: impl FnOnce() -> C) -> Result<T, Failure> {
        self.map_err(|error| error.into().context(text()))
    }
}

/// What `main` ends with. A failure is printed; this is the one place where it becomes an exit status.
#[must_use]
pub fn finish(result: Result<Exit, Failure>) -> ExitCode {
    let exit = result.unwrap_or_else(|failure| {
        failure.print();
        failure.exit()
    });
    exit.into()
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no tag given")]
    struct NoTag(#[source] io::Error);

    impl Diagnostic for NoTag {
        fn hint(&self) -> Option<String> {
            Some("use `--tag`".to_owned())
        }

        fn verdict(&self) -> Verdict {
            Verdict::Refused
        }
    }

    #[test]
    fn an_error_keeps_its_causes_its_hint_and_its_verdict() {
        let failed: Result<(), _> = Err(NoTag(io::Error::other("disk full")));
        let failure = failed.context("service `api`").unwrap_err();
        assert_eq!(failure.report(), "error: service `api`: no tag given: disk full\n\nhint: use `--tag`\n");
        assert_eq!((failure.hint(), failure.exit()), (Some("use `--tag`"), Exit::Refused));
        assert_eq!(ExitCode::from(failure.exit()), ExitCode::from(1));
    }

    #[test]
    fn an_error_without_advice_is_a_don_t_know() {
        let failure = Err::<(), _>(io::Error::other("disk full")).with_context(|| "cannot write").unwrap_err();
        assert_eq!(failure.report(), "error: cannot write: disk full\n");
        assert_eq!(failure.exit(), Exit::Error);
        let caused = Failure::caused_by("cannot read", &NoTag(io::Error::other("gone")));
        assert_eq!((caused.to_string().as_str(), caused.is_refusal()), ("cannot read: no tag given: gone", false));
    }

    #[test]
    fn what_a_server_says_does_nothing_to_the_terminal() {
        let failure = Failure::refused("it says `\u{1b}[2J\u{202e}`\n  twice").with_hint("a\rb");
        assert_eq!(failure.report(), "error: it says `\\u{1b}[2J\\u{202e}`\n  twice\n\nhint: a\\rb\n");
    }
}
