//! Faults that a test orders: when, and what.

use super::answer::Answer;
use super::request::Request;

/// When a fault happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// At the request with this number, counted from 1 since the start.
    Request(usize),
    /// At the next request with this method and this path without its query. A part of the path that is `*` fits any; the
    /// path is compared as it was sent.
    Next {
        /// Such as `POST`.
        method: String,
        /// Such as `/repos/unkeyed/unkey/releases/*`.
        path: String,
    },
}

impl Trigger {
    /// The next request with this method and path.
    pub fn next(method: &str, path: &str) -> Self {
        Self::Next { method: method.to_owned(), path: path.to_owned() }
    }

    /// Whether it is due at a request.
    pub(super) fn is_due(&self, request: &Request, number: usize) -> bool {
        match self {
            Self::Request(due) => *due == number,
            Self::Next { method, path } => *method == request.method && fits(path, request.path()),
        }
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (patterns, parts) = (pattern.split('/'), path.split('/'));
    patterns.clone().count() == parts.clone().count()
        && patterns.zip(parts).all(|(pattern, part)| pattern == "*" || pattern == part)
}

/// What happens in place of the answer, or before it.
pub struct Fault(pub(super) Kind);

/// The kinds of faults.
pub(super) enum Kind {
    /// Nothing is done and this is answered.
    Answer(Answer),
    /// Nothing is done and the connection ends.
    Close,
    /// What was asked is done; its answer is never sent.
    LoseAnswer,
    /// The test does something first; then the request is answered as any other.
    Call(Box<dyn FnOnce() + Send>),
}

impl Fault {
    /// Another answer; what was asked is not done.
    pub fn answer(status: u16, body: &str) -> Self {
        Self(Kind::Answer(Answer::text(status, body)))
    }

    /// The same answer with another header, such as `retry-after`.
    pub fn with_header(self, name: &str, value: &str) -> Self {
        match self.0 {
            Kind::Answer(answer) => Self(Kind::Answer(answer.with_header(name, value.to_owned()))),
            Kind::Close | Kind::LoseAnswer | Kind::Call(_) => panic!("only an answer has headers"),
        }
    }

    /// The connection ends without an answer; what was asked is not done.
    pub fn close() -> Self {
        Self(Kind::Close)
    }

    /// What was asked is done, then the connection ends without an answer.
    pub fn lose_answer() -> Self {
        Self(Kind::LoseAnswer)
    }

    /// Calls the test before anything is done, which may end a process or be faster than it. The request is done and
    /// answered afterwards, also where nobody waits for it any more.
    pub fn call(action: impl FnOnce() + Send + 'static) -> Self {
        Self(Kind::Call(Box::new(action)))
    }
}
