//! The keys of the API service, beside those that every service has: [`runtime::Settings`].

use std::path::PathBuf;

use runtime::{Domain, Problems, Region, Secret, SecretSource, ServiceConfig, Upstream, UpstreamFile};
use serde::Deserialize;

/// The name of the hosted API.
const DEFAULT_DOMAIN: &str = "api.unkey.com";

/// What can be typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    region: String,
    token: SecretSource,
    store: String,
    domain: Option<String>,
    heimdall: Option<UpstreamFile>,
}

/// What is valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// `region`: where this instance runs.
    pub region: Region,
    /// `token`: what callers of `/v1` send.
    pub token: Secret,
    /// `store`: the folder of the keys.
    pub store: PathBuf,
    /// `domain`: the public name of the API, by default `api.unkey.com`.
    pub domain: Domain,
    /// `[heimdall]`: where verifications are reported to; absent: nowhere.
    pub heimdall: Option<Upstream>,
}

impl ServiceConfig for Config {
    type File = ConfigFile;

    const DEFAULT_PORT: u16 = 7070;
    const EXAMPLE: &'static str =
        "region = \"local\"\ntoken = { env = \"UNKEY_TOKEN\" }\nstore = \"/home/nonroot/state\"\n";

    fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
        let region = problems.check("region", file.region.parse());
        let token = problems.check("token", file.token.read());
        let store = problems.check("store", runtime::parse_store(&file.store));
        let domain = problems.check("domain", file.domain.as_deref().unwrap_or(DEFAULT_DOMAIN).parse());
        let heimdall = match file.heimdall {
            None => None,
            Some(table) => Some(table.check("heimdall", problems)?),
        };
        Some(Self { region: region?, token: token?, store: store?, domain: domain?, heimdall })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key, those with a default commented out.
    const EXAMPLE_FILE: &str = include_str!("../unkey.example.toml");

    /// A text whose tokens come from a variable that every process has.
    fn with_token(text: &str) -> String {
        text.replace("UNKEY_TOKEN", "PATH").replace("HEIMDALL_TOKEN", "PATH")
    }

    #[test]
    fn the_least_that_works() {
        let loaded = runtime::parse::<Config>(&with_token(Config::EXAMPLE)).expect("valid");
        assert_eq!(loaded.config.store.to_str(), Some("/home/nonroot/state"));
        assert!(loaded.config.heimdall.is_none());
        assert_eq!(loaded.config.region.as_str(), "local");
        assert_eq!(loaded.config.domain.as_str(), "api.unkey.com");
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
        assert_eq!(shown.settings.instance_id.expect("shown").as_str(), "api-1");
        assert_eq!(shown.settings.listen, default.settings.listen);
        assert_eq!(shown.settings.limits, default.settings.limits);
        assert_eq!(shown.settings.shutdown_grace, default.settings.shutdown_grace);
        assert_eq!(shown.settings.logging, default.settings.logging);
        assert_eq!(shown.config.domain, default.config.domain);
        assert_eq!(shown.config.heimdall.expect("shown").url(), "http://heimdall:8080");
    }

    #[test]
    fn every_refusal_is_reported() {
        let text = "region = \"\"\ntoken = { env = \"PATH\" }\nstore = \"state\"\ndomain = \"https://a.b\"\n\
                    [heimdall]\nurl = \"heimdall\"\n";
        let problems = runtime::parse::<Config>(text).expect_err("refused");
        let lines: Vec<Option<usize>> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [Some(1), Some(3), Some(4), Some(6)]);
        assert_eq!(
            problems[2].message,
            "`domain` must be a domain such as `api.unkey.com`, without scheme, port and path, not `https://a.b`"
        );
    }
}
