//! How a service logs: to stderr, as text or as one JSON object a line, what the filter lets through.

use std::io::{self, IsTerminal as _};
use std::str::FromStr;

use serde::Deserialize;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::environment;
use crate::error::Error;

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people: time, level, module, message, `key=value`.
    #[default]
    Text,
    /// For machines: one object a line, the fields beside `timestamp`, `level`, `target` and `message`.
    Json,
}

/// What the configuration's `[logging]` says.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggingSettings {
    /// The shape of a line.
    pub format: LogFormat,
    /// Which lines are written.
    pub filter: LogFilter,
}

/// Which lines are written: a level, or levels by module, such as `info,api=debug`.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFilter(Targets);

/// Why a text is no filter.
#[derive(Debug, thiserror::Error)]
#[error("must be `off`, `error`, `warn`, `info`, `debug` or `trace`, or by module as in `info,api=debug`, not `{0}`")]
pub struct InvalidLogFilter(String);

impl FromStr for LogFilter {
    type Err = InvalidLogFilter;

    /// Stricter than the filter's own parser, which takes a misspelt level for the name of a module and logs nothing.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_level = |part: &str| {
            let level = part.rsplit('=').next().unwrap_or(part);
            !level.is_empty() && level.parse::<LevelFilter>().is_ok()
        };
        if !text.split(',').all(is_level) {
            return Err(InvalidLogFilter(text.to_owned()));
        }
        text.parse().map(Self).map_err(|_| InvalidLogFilter(text.to_owned()))
    }
}

/// Sends what the process logs from now on to stderr.
///
/// # Errors
///
/// When the process logs somewhere else already.
pub fn start_logging(settings: &LoggingSettings) -> Result<(), Error> {
    let registry = tracing_subscriber::registry().with(settings.filter.0.clone());
    let layer = fmt::layer().with_writer(io::stderr);
    let started = match settings.format {
        LogFormat::Text => {
            let colours = io::stderr().is_terminal() && !environment::no_color();
            registry.with(layer.with_ansi(colours)).try_init()
        }
        LogFormat::Json => {
            registry.with(layer.json().flatten_event(true).with_current_span(false).with_span_list(false)).try_init()
        }
    };
    started.map_err(Error::Logging)
}

#[cfg(test)]
mod tests {
    use super::*;

    use tracing::Level;

    #[test]
    fn levels_and_levels_by_module() {
        let filter: LogFilter = "info,api=debug".parse().expect("a filter");
        assert!(filter.0.would_enable("api::routes", &Level::DEBUG));
        assert!(!filter.0.would_enable("runtime", &Level::DEBUG));
        assert!(filter.0.would_enable("runtime", &Level::INFO));
        assert!("off".parse::<LogFilter>().is_ok());
    }

    #[test]
    fn a_misspelt_level_is_refused() {
        for text in ["", "inof", "info,", "api=", "api=loud", "info;debug"] {
            assert!(text.parse::<LogFilter>().is_err(), "{text:?}");
        }
    }
}
