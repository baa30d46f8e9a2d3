//! The exit statuses of every service: part of its interface, so that whoever starts it can tell whether another try
//! may help.

use std::process::ExitCode;

/// How a service's command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: stopped as asked with nothing lost, or printed what was asked for.
    Success,
    /// 1: failed to start, failed while running, or was stopped before it had drained.
    Failure,
    /// 64: wrong arguments, or a configuration that is missing, unreadable or refused; another try does not help.
    /// The number is that of `EX_USAGE` in `sysexits.h`.
    BadConfiguration,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Failure => Self::from(1),
            Exit::BadConfiguration => Self::from(64),
        }
    }
}
