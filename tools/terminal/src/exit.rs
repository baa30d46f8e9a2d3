//! The exit statuses of the tools: part of their interface, so that scripts can tell a "no" from a "don't know".

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or nothing to do.
    Success,
    /// 1: refused, or something was found.
    Refused,
    /// 2: could not tell: bad arguments, unreadable input, somebody who does not answer.
    Error,
    /// 130: interrupted, as a shell says of a program that Ctrl-C has ended.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Refused => Self::from(1),
            Exit::Error => Self::from(2),
            Exit::Interrupted => Self::from(130),
        }
    }
}
