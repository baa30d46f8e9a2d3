//! The keys of the frontline service, beside those that every service has: [`runtime::Settings`].

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

    const DEFAULT_PORT: u16 = 7080;
    const EXAMPLE: &'static str = "region = \"local\"\n";

    fn check(file: ConfigFile, problems: &mut Problems) -> Option<Self> {
        let region = problems.check("region", file.region.parse());
        Some(Self { region: region? })
    }
}
