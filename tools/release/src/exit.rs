//! The exit statuses of `release`: part of its interface, so that scripts can tell a "no" from a "don't know". They are
//! those of `image`; the two tools share no crate for twenty lines.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or nothing to do.
    Success,
    /// 1: refused.
    Refused,
    /// 2: could not tell: bad arguments, no whole history, an origin or a Bazel that does not answer.
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
