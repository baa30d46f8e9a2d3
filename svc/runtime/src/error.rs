//! Everything that can end a service, and what to do about it. Printing it and choosing an exit status is `util`'s.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::util::TryInitError;

use crate::problems::Problem;
use crate::store::StoreError;

/// Why a service did not start, or did not stop as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no file where the configuration should be.
    #[error("no configuration at `{}`", path.display())]
    ConfigMissing {
        /// Where it was looked for.
        path: PathBuf,
        /// The least that a configuration of this service holds, as TOML.
        example: &'static str,
    },
    /// The configuration exists and cannot be read.
    #[error("cannot read the configuration `{}`", path.display())]
    ConfigRead {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The configuration was read and is refused.
    #[error("the configuration `{}` is refused, {} problem(s)", path.display(), problems.len())]
    ConfigRefused {
        /// The file.
        path: PathBuf,
        /// All that is wrong with it; never empty.
        problems: Vec<Problem>,
    },
    /// Logging was started twice.
    #[error("cannot start logging")]
    Logging(#[source] TryInitError),
    /// The async runtime did not start.
    #[error("cannot start the async runtime")]
    AsyncRuntime(#[source] io::Error),
    /// SIGTERM and SIGINT cannot be listened for.
    #[error("cannot listen for `SIGTERM` and `SIGINT`")]
    Signals(#[source] io::Error),
    /// The listen address cannot be bound.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A running service is not ready, or there is none.
    #[error("the service on `{address}` is not ready")]
    NotReady {
        /// Where it was asked.
        address: SocketAddr,
        /// Its answer, or why there is none.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The state of the service cannot be had.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something was still running when the grace period ended.
    #[error("not drained after the grace period of `{}` s, what was still running is lost", grace.as_secs())]
    GraceExceeded {
        /// The configured period.
        grace: Duration,
    },
    /// A second signal arrived while the service was draining.
    #[error("stopped by a second signal, `{signal}`, before it had drained, what was still running is lost")]
    SecondSignal {
        /// The second signal's name.
        signal: &'static str,
    },
    /// A step of a service of its own failed; see [`Error::service`].
    #[error("cannot {operation}")]
    Service {
        /// What was to be done, as in "cannot ...", with the path or name in it.
        operation: String,
        /// Why it was not.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl Error {
    /// A failure of a service's own step; `operation` continues "cannot ...", such as "open the store `/var/lib/a`".
    pub fn service(operation: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Service { operation: operation.into(), source: source.into() }
    }

    /// Whether the configuration is at fault: a restart without a change would end in the same way.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::ConfigMissing { .. } | Self::ConfigRead { .. } | Self::ConfigRefused { .. })
    }

    /// What to do about it, one a line of advice; empty where nothing useful can be said.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::ConfigMissing { path, example } => vec![missing_hint(&path.display().to_string(), example)],
            Self::ConfigRead { .. } => vec!["name a readable file with `--config PATH`".to_owned()],
            Self::ConfigRefused { problems, .. } => {
                problems.iter().filter_map(|problem| problem.hint.clone()).collect()
            }
            Self::Listen { .. } => vec!["set `listen` to an address that is free, port `0` takes any".to_owned()],
            Self::Store(error) => vec![error.hint()],
            Self::GraceExceeded { .. } => vec!["raise `shutdown_grace_seconds`".to_owned()],
            _ => Vec::new(),
        }
    }
}

/// The advice for a missing file: how to name another, and the shortest content that works.
fn missing_hint(path: &str, example: &str) -> String {
    let mut hint = format!("name another file with `--config PATH`, or write `{path}`, which needs at least:\n");
    for line in example.lines() {
        hint.push_str("\n    ");
        hint.push_str(line);
    }
    hint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_in_the_source_and_not_in_the_message() {
        let error = Error::service("open the store `/a`", io::Error::other("disk on fire"));
        assert_eq!(error.to_string(), "cannot open the store `/a`");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("disk on fire"));
        assert!(!error.is_configuration());
    }

    #[test]
    fn a_missing_file_is_answered_with_a_configuration_that_works() {
        let error = Error::ConfigMissing { path: "unkey.toml".into(), example: "region = \"local\"\n" };
        assert!(error.is_configuration());
        assert_eq!(
            error.hints(),
            ["name another file with `--config PATH`, or write `unkey.toml`, which needs at least:\n\n    \
              region = \"local\""]
        );
    }
}
