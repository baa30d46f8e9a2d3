//! The keys of the {{ name }} service, beside those that every service has: [`runtime::Settings`].

use runtime::{Problems, Region, ServiceConfig};
use serde::Deserialize;

/// What can be typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    region: String,
}

/// What is valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// `region`: where this instance runs.
    pub region: Region,
}

impl ServiceConfig for Config {
    type File = ConfigFile;

    const EXAMPLE: &'static str = "region = \"local\"\n";
    const DEFAULT_PORT: u16 = {{ port }};

    fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
        let region = problems.check("region", file.region.parse());
        Some(Self { region: region? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_works() {
        let loaded = runtime::parse::<Config>(Config::EXAMPLE).expect("valid");
        assert_eq!(loaded.config.region.as_str(), "local");
        assert_eq!(loaded.settings.listen.port(), Config::DEFAULT_PORT);
    }

    #[test]
    fn a_refusal_has_its_line() {
        let problems = runtime::parse::<Config>("region = \"\"\n").expect_err("refused");
        assert_eq!(problems[0].line, Some(1));
    }
}
