//! What an error says beside its text: what to do about it, and whether it is a "no" or a "don't know".
//!
//! Every error of this repository's tools implements [`Diagnostic`] once, where it is defined. Who prints it needs no list of
//! them.

use std::error::Error;
use std::{io, iter};

/// What an error means for what was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// The answer is no: the same command fails again until something else changes.
    Refused,
    /// There is no answer: something could not be read, written or reached.
    #[default]
    Unknown,
}

/// An error for people. One that wraps another passes on that one's hint and verdict, or has better ones.
pub trait Diagnostic: Error {
    /// What to do about it, where that is known: a command, a flag or a setting.
    fn hint(&self) -> Option<String> {
        None
    }

    /// Whether it is a "no" or a "don't know".
    fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }

    /// Whether it is a "no".
    fn is_refusal(&self) -> bool {
        self.verdict() == Verdict::Refused
    }
}

impl Diagnostic for io::Error {}

/// An error and its causes on one line, outermost first.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Errors that are told together, each on a line of its own.
#[must_use]
pub fn list<E: Error>(errors: &[E]) -> String {
    let lines: Vec<String> = errors.iter().map(|error| format!("\n  {}", chain(error))).collect();
    lines.concat()
}

/// What to do about errors that are told together, each hint once.
#[must_use]
pub fn hints(hints: impl Iterator<Item = String>) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    for hint in hints {
        if !all.contains(&hint) {
            all.push(hint);
        }
    }
    (!all.is_empty()).then(|| all.join("\n      "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_given_once() {
        let all = ["a", "b", "a"].map(str::to_owned);
        assert_eq!(hints(all.into_iter()).as_deref(), Some("a\n      b"));
        assert_eq!(hints(iter::empty()), None);
    }
}
