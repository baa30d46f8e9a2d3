//! The keys of the API service, beside those that every service has: [`runtime::Settings`].

use runtime::{Domain, Problems, Region, ServiceConfig};
use serde::Deserialize;

/// The name of the hosted API.
const DEFAULT_DOMAIN: &str = "api.unkey.com";

/// What can be typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    region: String,
    domain: Option<String>,
}

/// What is valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// `region`: where this instance runs.
    pub region: Region,
    /// `domain`: the public name of the API, by default `api.unkey.com`.
    pub domain: Domain,
}

impl ServiceConfig for Config {
    type File = ConfigFile;

    const DEFAULT_PORT: u16 = 7070;
    const EXAMPLE: &'static str = "region = \"local\"\n";

    fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
        let region = problems.check("region", file.region.parse());
        let domain = problems.check("domain", file.domain.as_deref().unwrap_or(DEFAULT_DOMAIN).parse());
        Some(Self { region: region?, domain: domain? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key, those with a default commented out.
    const EXAMPLE_FILE: &str = include_str!("../unkey.example.toml");

    #[test]
    fn the_least_that_works() {
        let loaded = runtime::parse::<Config>(Config::EXAMPLE).expect("valid");
        assert_eq!(loaded.config.region.as_str(), "local");
        assert_eq!(loaded.config.domain.as_str(), "api.unkey.com");
    }

    #[test]
    fn the_example_file_is_valid_as_it_is() {
        let loaded = runtime::parse::<Config>(EXAMPLE_FILE).expect("valid");
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
        let shown = runtime::parse::<Config>(&uncommented.join("\n")).expect("valid");
        let default = runtime::parse::<Config>(Config::EXAMPLE).expect("valid");
        assert_eq!(shown.settings.instance_id.expect("shown").as_str(), "api-1");
        assert_eq!(shown.settings.listen, default.settings.listen);
        assert_eq!(shown.settings.shutdown_grace, default.settings.shutdown_grace);
        assert_eq!(shown.settings.logging, default.settings.logging);
        assert_eq!(shown.config.domain, default.config.domain);
    }

    #[test]
    fn both_refusals_are_reported() {
        let problems = runtime::parse::<Config>("region = \"\"\ndomain = \"https://a.b\"\n").expect_err("refused");
        let lines: Vec<Option<usize>> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [Some(1), Some(2)]);
        assert_eq!(
            problems[1].message,
            "`domain` must be a domain such as `api.unkey.com`, without scheme, port and path, not `https://a.b`"
        );
    }
}
