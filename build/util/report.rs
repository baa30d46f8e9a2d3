//! The one place where a service's failure is printed, once, and turned into an exit status.

use std::error::Error as _;
use std::fmt::Write as _;

use runtime::{Error, LogFormat};

use crate::exit::Exit;

/// Reports a failure of a service that logs in `format`.
///
/// Whoever collects JSON lines would lose or misread anything else, so there a failure is a line like the others.
pub(crate) fn in_format(error: &Error, format: LogFormat) -> Exit {
    match format {
        LogFormat::Text => to_terminal(error),
        LogFormat::Json => {
            let hint = Some(error.hints().join("\n")).filter(|hint| !hint.is_empty());
            tracing::error!(hint, "{}", chain(error));
            exit(error)
        }
    }
}

/// Reports a failure as `error:` lines, with `hint:` lines below.
#[expect(clippy::print_stderr, reason = "the one place that does")]
pub(crate) fn to_terminal(error: &Error) -> Exit {
    eprint!("{}", text(error));
    exit(error)
}

fn exit(error: &Error) -> Exit {
    if error.is_configuration() { Exit::BadConfiguration } else { Exit::Failure }
}

/// Every line that a person gets to see.
fn text(error: &Error) -> String {
    let mut text = String::new();
    for message in messages(error) {
        text.push_str("error: ");
        text.push_str(&message);
        text.push('\n');
    }
    for (index, hint) in error.hints().iter().enumerate() {
        if index == 0 {
            text.push('\n');
        }
        text.push_str("hint: ");
        text.push_str(hint);
        text.push('\n');
    }
    text
}

/// A refused configuration is as many failures as it has problems; all else is one.
fn messages(error: &Error) -> Vec<String> {
    let Error::ConfigRefused { path, problems } = error else { return vec![chain(error)] };
    let path = path.display();
    let messages = problems.iter().map(|problem| match problem.line {
        Some(line) => format!("`{path}:{line}`: {problem}"),
        None => format!("`{path}`: {problem}"),
    });
    messages.collect()
}

/// The failure and its causes, outermost first.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    use runtime::Problem;

    fn problem(line: Option<usize>, message: &str, hint: Option<&str>) -> Problem {
        Problem { line, message: message.to_owned(), hint: hint.map(ToOwned::to_owned) }
    }

    #[test]
    fn each_problem_has_its_line_and_hints_come_last() {
        let error = Error::ConfigRefused {
            path: "unkey.toml".into(),
            problems: vec![
                problem(None, "missing key `region`", None),
                problem(Some(3), "unknown key `lisen`", Some("did you mean `listen`?")),
            ],
        };
        assert_eq!(
            text(&error),
            "error: `unkey.toml`: missing key `region`\n\
             error: `unkey.toml:3`: unknown key `lisen`\n\
             \n\
             hint: did you mean `listen`?\n"
        );
        assert_eq!(exit(&error), Exit::BadConfiguration);
    }

    #[test]
    fn the_chain_is_printed_once() {
        let error = Error::service("open the store `/a`", std::io::Error::other("disk on fire"));
        assert_eq!(text(&error), "error: cannot open the store `/a`: disk on fire\n");
        assert_eq!(exit(&error), Exit::Failure);
    }
}
