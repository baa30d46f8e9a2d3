//! The keys of the heimdall service, beside those that every service has: [`runtime::Settings`].

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use runtime::{Problems, Region, Secret, SecretSource, ServiceConfig};
use serde::Deserialize;

const DEFAULT_REMEMBER_DAYS: u64 = 7;

/// Each remembered id takes room on the disk, so that more than a quarter of a year is a mistyped unit.
const REMEMBER_DAYS: RangeInclusive<u64> = 1..=90;

/// What can be typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    region: String,
    token: SecretSource,
    store: String,
    remember_days: Option<u64>,
}

/// What is valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// `region`: where this instance runs.
    pub region: Region,
    /// `token`: what callers of `/v1` send.
    pub token: Secret,
    /// `store`: the folder of the totals.
    pub store: PathBuf,
    /// `remember_days`: how long an event can be told from one that was counted before, 1 to 90 days, by default 7.
    pub remember: Duration,
}

impl ServiceConfig for Config {
    type File = ConfigFile;

    const DEFAULT_PORT: u16 = 8080;
    const EXAMPLE: &'static str =
        "region = \"local\"\ntoken = { env = \"UNKEY_TOKEN\" }\nstore = \"/home/nonroot/state\"\n";

    fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
        let region = problems.check("region", file.region.parse());
        let token = problems.check("token", file.token.read());
        let store = problems.check("store", runtime::parse_store(&file.store));
        let days = runtime::in_range(file.remember_days.unwrap_or(DEFAULT_REMEMBER_DAYS), &REMEMBER_DAYS);
        let days = problems.check("remember_days", days);
        let remember = Duration::from_secs(days? * 24 * 60 * 60);
        Some(Self { region: region?, token: token?, store: store?, remember })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key, those with a default commented out.
    const EXAMPLE_FILE: &str = include_str!("../unkey.example.toml");

    /// A text whose token comes from a variable that every process has.
    fn with_token(text: &str) -> String {
        text.replace("UNKEY_TOKEN", "PATH")
    }

    #[test]
    fn the_least_that_works() {
        let loaded = runtime::parse::<Config>(&with_token(Config::EXAMPLE)).expect("valid");
        assert_eq!(loaded.config.region.as_str(), "local");
        assert_eq!(loaded.config.store.to_str(), Some("/home/nonroot/state"));
        assert_eq!(loaded.config.remember, Duration::from_hours(7 * 24));
    }

    #[test]
    fn the_example_file_is_valid_as_it_is() {
        let loaded = runtime::parse::<Config>(&with_token(EXAMPLE_FILE)).expect("valid");
        assert_eq!(loaded.config.region.as_str(), "local");
    }

    #[test]
    fn the_example_file_shows_the_defaults() {
        // A comment that is TOML loses its `# `; one that is a sentence stays.
        let is_toml =
            |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let uncommented: Vec<&str> = EXAMPLE_FILE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| is_toml(rest)).unwrap_or(line))
            .collect();
        let shown = runtime::parse::<Config>(&with_token(&uncommented.join("\n"))).expect("valid");
        let default = runtime::parse::<Config>(&with_token(Config::EXAMPLE)).expect("valid");
        assert_eq!(shown.settings.instance_id.expect("shown").as_str(), "heimdall-1");
        assert_eq!(shown.settings.listen, default.settings.listen);
        assert_eq!(shown.settings.limits, default.settings.limits);
        assert_eq!(shown.settings.shutdown_grace, default.settings.shutdown_grace);
        assert_eq!(shown.settings.logging, default.settings.logging);
        assert_eq!(shown.config.remember, default.config.remember);
    }

    #[test]
    fn every_refusal_is_reported() {
        let text = "region = \"\"\ntoken = { env = \"PATH\" }\nstore = \"state\"\nremember_days = 91\n";
        let problems = runtime::parse::<Config>(text).expect_err("refused");
        let lines: Vec<Option<usize>> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [Some(1), Some(3), Some(4)]);
        assert_eq!(problems[2].message, "`remember_days` must be `1` to `90`, not `91`");
    }
}
