//! The keys that every service's configuration may hold, with their defaults. A service's own keys are in its crate.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::instance_id::InstanceId;
use crate::limits::{Limits, LimitsFile, in_range};
use crate::logging::{LogFormat, LoggingSettings};
use crate::problems::Problems;

/// How many seconds a drain may take unless the configuration says otherwise.
const DEFAULT_GRACE_SECONDS: u64 = 30;

/// Zero would drop every running request; over an hour is a mistyped unit.
const GRACE_SECONDS: RangeInclusive<u64> = 1..=3600;

/// The top-level keys of [`SettingsFile`]: these go here, all others to the service.
// keep sorted
pub(crate) const KEYS: [&str; 5] = ["instance_id", "limits", "listen", "logging", "shutdown_grace_seconds"];

/// What the file says about the shared keys, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsFile {
    instance_id: Option<String>,
    #[serde(default)]
    limits: LimitsFile,
    listen: Option<String>,
    #[serde(default)]
    logging: LoggingFile,
    shutdown_grace_seconds: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoggingFile {
    #[serde(default)]
    format: LogFormat,
    level: Option<String>,
}

/// The shared keys, checked and with their defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `instance_id`: the name of this instance; absent: the machine's name, else a random one.
    pub instance_id: Option<InstanceId>,
    /// `[limits]`: what one caller can take.
    pub limits: Limits,
    /// `listen`: the IP address and port of the HTTP server, by default the service's own port on every address; port 0
    /// takes a free one.
    pub listen: SocketAddr,
    /// `[logging]`: `format` is `text` or `json`, `level` is by default `info`.
    pub logging: LoggingSettings,
    /// `shutdown_grace_seconds`: how long a drain may take, 1 to 3600 s, by default 30. Keep it below the time after
    /// which the orchestrator kills, which in Kubernetes is `terminationGracePeriodSeconds`.
    pub shutdown_grace: Duration,
}

impl Settings {
    /// Checks every key, and notes each that is refused. `default_port` is where the service listens unless it is told.
    pub(crate) fn check(file: SettingsFile, default_port: u16, problems: &mut Problems) -> Option<Self> {
        let instance_id = file.instance_id.map(|id| problems.check("instance_id", id.parse()));
        let listen = match file.listen {
            None => Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, default_port))),
            Some(text) => problems.check("listen", parse_listen(&text)),
        };
        let level = file.logging.level.as_deref().unwrap_or("info");
        let filter = problems.check("logging.level", level.parse());
        let seconds = file.shutdown_grace_seconds.unwrap_or(DEFAULT_GRACE_SECONDS);
        let shutdown_grace =
            problems.check("shutdown_grace_seconds", in_range(seconds, &GRACE_SECONDS).map(Duration::from_secs));
        let limits = Limits::check(&file.limits, shutdown_grace.unwrap_or_default(), problems);
        Some(Self {
            instance_id: match instance_id {
                None => None,
                Some(checked) => Some(checked?),
            },
            limits: limits?,
            listen: listen?,
            logging: LoggingSettings { format: file.logging.format, filter: filter? },
            shutdown_grace: shutdown_grace?,
        })
    }
}

/// An address to listen on, as typed.
///
/// # Errors
///
/// When it is not an IP address with a port; the message continues the key's name.
pub fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("must be an IP address and a port, such as `0.0.0.0:7070`, not `{text}`"))
}

/// The folder of a service's state, as typed in its key `store`.
///
/// # Errors
///
/// When it is not an absolute path; the message continues the key's name.
pub fn parse_store(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(text);
    // A relative one would be another folder for each place that the service is started in.
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    Err(format!("must be an absolute path, such as `/home/nonroot/state`, not `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(toml: &str) -> Result<Settings, Vec<(String, String)>> {
        let mut problems = Problems::default();
        let settings = Settings::check(toml::from_str(toml).expect("right types"), 7070, &mut problems);
        settings.ok_or_else(|| problems.into_found())
    }

    #[test]
    fn the_keys_are_those_of_the_file() {
        let error = toml::from_str::<SettingsFile>("nosuch = 1").expect_err("unknown key");
        let names: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
        assert_eq!(names, KEYS);
    }

    #[test]
    fn defaults() {
        let settings = check("").expect("an empty file is enough for the shared keys");
        assert_eq!(settings.instance_id, None);
        assert_eq!(settings.listen.to_string(), "0.0.0.0:7070");
        assert_eq!(settings.logging.format, LogFormat::Text);
        assert_eq!(settings.shutdown_grace, Duration::from_secs(30));
    }

    #[test]
    fn every_refusal_is_reported() {
        let toml = r#"
            instance_id = ""
            listen = "localhost"
            shutdown_grace_seconds = 0
            [logging]
            level = "loud"
        "#;
        let found = check(toml).expect_err("refused");
        let keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["instance_id", "listen", "logging.level", "shutdown_grace_seconds"]);
        assert_eq!(found[1].1, "must be an IP address and a port, such as `0.0.0.0:7070`, not `localhost`");
        assert_eq!(found[3].1, "must be `1` to `3600`, not `0`");
    }

    #[test]
    fn the_bounds_of_the_grace_period() {
        for (seconds, valid) in [(0, false), (1, true), (3600, true), (3601, false)] {
            assert_eq!(check(&format!("shutdown_grace_seconds = {seconds}")).is_ok(), valid, "{seconds}");
        }
    }

    #[test]
    fn a_store_has_an_absolute_path() {
        assert_eq!(parse_store("/home/nonroot/state").expect("valid"), Path::new("/home/nonroot/state"));
        for wrong in ["", "state", "./state"] {
            let expected = format!("must be an absolute path, such as `/home/nonroot/state`, not `{wrong}`");
            assert_eq!(parse_store(wrong).expect_err("refused"), expected);
        }
    }
}
