//! The keys of the krane service, beside those that every service has: [`runtime::Settings`].

use std::path::PathBuf;

use runtime::{Problems, Region, Secret, SecretSource, ServiceConfig, parse_store};
use serde::Deserialize;

/// What can be typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    region: String,
    store: String,
    token: SecretSource,
}

/// What is valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// `region`: where this instance runs.
    pub region: Region,
    /// `store`: the folder of the state, an absolute path.
    pub store: PathBuf,
    /// `token`: what callers of `/v1` send.
    pub token: Secret,
}

impl ServiceConfig for Config {
    type File = ConfigFile;

    const DEFAULT_PORT: u16 = 8070;
    const EXAMPLE: &'static str = r#"region = "local"
store = "/home/nonroot/state"
token = { env = "UNKEY_TOKEN" }
"#;

    fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
        let region = problems.check("region", file.region.parse());
        let store = problems.check("store", parse_store(&file.store));
        let token = problems.check("token", file.token.read());
        Some(Self { region: region?, store: store?, token: token? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key, those with a default commented out.
    const EXAMPLE_FILE: &str = include_str!("../unkey.example.toml");

    /// The same with a variable that is set wherever tests run.
    fn with_token(text: &str) -> String {
        text.replace("UNKEY_TOKEN", "PATH")
    }

    #[test]
    fn the_least_that_works_and_the_example_file_agree() {
        let least = runtime::parse::<Config>(&with_token(Config::EXAMPLE)).expect("valid");
        let example = runtime::parse::<Config>(&with_token(EXAMPLE_FILE)).expect("valid");
        assert_eq!(least.config.store, example.config.store);
        assert_eq!(least.config.region.as_str(), example.config.region.as_str());
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
        let shown = runtime::parse::<Config>(&with_token(&uncommented.join("\n"))).expect("valid").settings;
        let default = runtime::parse::<Config>(&with_token(Config::EXAMPLE)).expect("valid").settings;
        assert_eq!(shown.instance_id.expect("shown").as_str(), "krane-1");
        assert_eq!(shown.listen, default.listen);
        assert_eq!(shown.limits, default.limits);
        assert_eq!(shown.shutdown_grace, default.shutdown_grace);
        assert_eq!(shown.logging, default.logging);
    }

    #[test]
    fn every_refusal_is_reported_with_its_line() {
        let text = "region = \"\"\nstore = \"state\"\ntoken = { file = \"/nosuch\" }\n";
        let problems = runtime::parse::<Config>(text).expect_err("refused");
        let lines: Vec<Option<usize>> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [Some(1), Some(2), Some(3)]);
        assert_eq!(problems[1].message, "`store` must be an absolute path, such as `/home/nonroot/state`, not `state`");
    }
}
