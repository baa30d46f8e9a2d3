//! The keys of the control-api service, beside those that every service has: [`runtime::Settings`].

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use runtime::{Problems, Region, Secret, SecretSource, ServiceConfig, in_range, parse_store};
use serde::Deserialize;

use crate::queue::Rules;

/// How many seconds a worker has a deployment without a word, unless the configuration says otherwise.
const DEFAULT_LEASE_SECONDS: u64 = 30;

/// Under a second no worker could say that it is alive; over an hour is a mistyped unit.
const LEASE_SECONDS: RangeInclusive<u64> = 1..=3600;

/// How often workers begin with a deployment, unless the configuration says otherwise.
const DEFAULT_MAX_ATTEMPTS: u64 = 5;

/// The waits between the attempts double, so that a hundred are a working day.
const MAX_ATTEMPTS: RangeInclusive<u64> = 1..=100;

/// How long a finished deployment is kept, unless the configuration says otherwise.
const DEFAULT_KEEP_DAYS: u64 = 30;

/// Up to ten years.
const KEEP_DAYS: RangeInclusive<u64> = 1..=3650;

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// What can be typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    region: String,
    token: SecretSource,
    store: String,
    lease_seconds: Option<u64>,
    max_attempts: Option<u64>,
    keep_days: Option<u64>,
}

/// What is valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// `region`: where this instance runs.
    pub region: Region,
    /// `token`: what callers of `/v1` send.
    pub token: Secret,
    /// `store`: the folder of the queue.
    pub store: PathBuf,
    /// `lease_seconds`, `max_attempts` and `keep_days`.
    pub(crate) rules: Rules,
}

impl ServiceConfig for Config {
    type File = ConfigFile;

    const DEFAULT_PORT: u16 = 7091;
    const EXAMPLE: &'static str =
        "region = \"local\"\nstore = \"/home/nonroot/state\"\ntoken = { env = \"UNKEY_TOKEN\" }\n";

    fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
        let region = problems.check("region", file.region.parse());
        let token = problems.check("token", file.token.read());
        let store = problems.check("store", parse_store(&file.store));
        let mut number = |key: &str, value: Option<u64>, default: u64, range: &RangeInclusive<u64>| {
            problems.check(key, in_range(value.unwrap_or(default), range))
        };
        let lease = number("lease_seconds", file.lease_seconds, DEFAULT_LEASE_SECONDS, &LEASE_SECONDS);
        let max_attempts = number("max_attempts", file.max_attempts, DEFAULT_MAX_ATTEMPTS, &MAX_ATTEMPTS);
        let keep = number("keep_days", file.keep_days, DEFAULT_KEEP_DAYS, &KEEP_DAYS);
        let rules = Rules {
            lease: Duration::from_secs(lease?),
            max_attempts: u32::try_from(max_attempts?).ok()?,
            keep: Duration::from_secs(keep? * SECONDS_OF_A_DAY),
        };
        Some(Self { region: region?, token: token?, store: store?, rules })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;

    use runtime::{Loaded, Problem};

    /// Every key, those with a default commented out.
    const EXAMPLE_FILE: &str = include_str!("../unkey.example.toml");

    /// Parses `toml` with a file in place of the variable, which a test cannot set.
    fn parse(toml: &str) -> Result<Loaded<Config>, Vec<Problem>> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        fs::write(&path, "open sesame\n").expect("written");
        runtime::parse(&toml.replace("env = \"UNKEY_TOKEN\"", &format!("file = \"{}\"", path.display())))
    }

    #[test]
    fn the_least_that_works() {
        let config = parse(Config::EXAMPLE).expect("valid").config;
        assert_eq!((config.region.as_str(), config.token.expose()), ("local", "open sesame"));
        assert_eq!(config.store.to_str(), Some("/home/nonroot/state"));
        assert_eq!((config.rules.lease.as_secs(), config.rules.max_attempts), (30, 5));
        assert_eq!(config.rules.keep.as_secs(), 30 * 86400);
    }

    #[test]
    fn the_example_file_shows_every_key_and_the_defaults() {
        assert!(parse(EXAMPLE_FILE).is_ok());
        // A comment that is TOML loses its `# `; one that is a sentence stays.
        let is_toml =
            |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let uncommented: Vec<&str> = EXAMPLE_FILE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| is_toml(rest)).unwrap_or(line))
            .collect();
        let shown = parse(&uncommented.join("\n")).expect("valid");
        let default = parse(Config::EXAMPLE).expect("valid");
        assert_eq!(shown.settings.instance_id.expect("shown").as_str(), "control-api-1");
        assert_eq!(shown.settings.limits, default.settings.limits);
        assert_eq!(shown.settings.listen, default.settings.listen);
        assert_eq!(shown.settings.shutdown_grace, default.settings.shutdown_grace);
        assert_eq!(shown.settings.logging, default.settings.logging);
        let numbers = |rules: Rules| (rules.lease, rules.max_attempts, rules.keep);
        assert_eq!(numbers(shown.config.rules), numbers(default.config.rules));
        for key in ["lease_seconds", "max_attempts", "keep_days"] {
            assert!(uncommented.iter().any(|line| line.starts_with(&format!("{key} = "))), "{key}");
        }
    }

    #[test]
    fn every_refusal_is_reported() {
        let toml = "region = \"\"\nstore = \"state\"\ntoken = { file = \"/nonexistent\" }\nlease_seconds = 0\n\
                    max_attempts = 101\nkeep_days = 0\n";
        let problems = parse(toml).expect_err("refused");
        let lines: Vec<Option<usize>> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [Some(1), Some(2), Some(3), Some(4), Some(5), Some(6)]);
        assert_eq!(problems[4].message, "`max_attempts` must be `1` to `100`, not `101`");
    }
}
