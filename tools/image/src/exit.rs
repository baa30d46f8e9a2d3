//! The exit statuses of `image`: part of its interface, so that scripts can tell a "no" from a "don't know".

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or nothing to do.
    Success,
    /// 1: refused, or `check` found something.
    Refused,
    /// 2: could not tell: bad arguments, unreadable input, a registry or daemon that does not answer.
    Error,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Refused => Self::from(1),
            Exit::Error => Self::from(2),
        }
    }
}
