//! The keys of the control-worker service, beside those that every service has: [`runtime::Settings`].

use std::ops::RangeInclusive;

use runtime::{Problems, Region, ServiceConfig, Upstream, UpstreamFile, in_range};
use serde::Deserialize;

/// How many deployments are carried out at once, unless the configuration says otherwise.
const DEFAULT_WORKERS: u64 = 2;

/// Each waits for others most of the time; more than these would only wait for krane.
const WORKERS: RangeInclusive<u64> = 1..=64;

/// What can be typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    region: String,
    workers: Option<u64>,
    #[serde(rename = "control-api")]
    control_api: UpstreamFile,
    krane: UpstreamFile,
}

/// What is valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// `region`: where this instance runs.
    pub region: Region,
    /// `workers`: how many deployments are carried out at once, 1 to 64, by default 2.
    pub workers: u64,
    /// `[control-api]`: where deployments come from.
    pub control_api: Upstream,
    /// `[krane]`: what carries them out.
    pub krane: Upstream,
}

impl ServiceConfig for Config {
    type File = ConfigFile;

    const DEFAULT_PORT: u16 = 7092;
    const EXAMPLE: &'static str = "\
region = \"local\"

[control-api]
url = \"http://control-api:7091\"
token = { env = \"UNKEY_TOKEN\" }

[krane]
url = \"http://krane:8070\"
token = { env = \"UNKEY_TOKEN\" }
";

    fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
        let region = problems.check("region", file.region.parse());
        let workers = problems.check("workers", in_range(file.workers.unwrap_or(DEFAULT_WORKERS), &WORKERS));
        let control_api = file.control_api.check("control-api", problems);
        let krane = file.krane.check("krane", problems);
        Some(Self { region: region?, workers: workers?, control_api: control_api?, krane: krane? })
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
        assert_eq!((config.region.as_str(), config.workers), ("local", 2));
        assert_eq!((config.control_api.name(), config.control_api.url()), ("control-api", "http://control-api:7091"));
        assert_eq!((config.krane.name(), config.krane.url()), ("krane", "http://krane:8070"));
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
        assert_eq!(shown.settings.instance_id.expect("shown").as_str(), "control-worker-1");
        assert_eq!(shown.settings.limits, default.settings.limits);
        assert_eq!(shown.settings.listen, default.settings.listen);
        assert_eq!(shown.settings.shutdown_grace, default.settings.shutdown_grace);
        assert_eq!(shown.settings.logging, default.settings.logging);
        assert_eq!(shown.config.workers, default.config.workers);
        assert!(uncommented.iter().any(|line| line.starts_with("workers = ")));
    }

    #[test]
    fn every_refusal_is_reported() {
        let toml = "region = \"\"\nworkers = 65\n[control-api]\nurl = \"https://a\"\n[krane]\nurl = \"http://krane\"\n\
                    token = { file = \"/nonexistent\" }\n";
        let problems = parse(toml).expect_err("refused");
        let lines: Vec<Option<usize>> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [Some(1), Some(2), Some(4), Some(7)]);
        assert_eq!(problems[1].message, "`workers` must be `1` to `64`, not `65`");
    }
}
