//! Platforms: as text, `os/architecture[/variant]`, which of them are the same, and which serve which.
//!
//! The one place that compares them, by the rules of containerd (`github.com/containerd/platforms`), which Docker has too.

use std::fmt;
use std::str::FromStr;

use oci_spec::image::{ImageConfiguration, Platform as IndexPlatform};

use crate::Error;

/// What an image runs on: `linux/amd64` or `linux/arm64/v8`. Kept as it was written; [`Platform::normal`] is for comparing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// GOOS: `linux`.
    pub os: String,
    /// GOARCH: `amd64`.
    pub architecture: String,
    /// CPU variant: `v8`.
    pub variant: Option<String>,
}

impl Platform {
    /// The spelling that all platforms have that are the same: lower case, Go's names, and no variant that is the
    /// architecture's first, but for `arm`, whose usual one is `v7`.
    #[must_use]
    pub fn normal(&self) -> Self {
        let [os, architecture] = [&self.os, &self.architecture].map(|name| name.to_ascii_lowercase());
        let os = if os == "macos" { "darwin".to_owned() } else { os };
        let variant = self.variant.as_deref().unwrap_or_default().to_ascii_lowercase();
        let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
            ("i386", _) => ("386", ""),
            ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
            ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant),
            ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", ""),
            ("aarch64" | "arm64", "9" | "9.0" | "v9.0") => ("arm64", "v9"),
            ("aarch64" | "arm64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
            ("armel", _) | ("arm", "6") => ("arm", "v6"),
            ("arm", "5") => ("arm", "v5"),
            ("arm", "8") => ("arm", "v8"),
            (architecture, variant) => (architecture, variant),
        };
        let variant = Some(variant.to_owned()).filter(|variant| !variant.is_empty());
        Self { os, architecture: architecture.to_owned(), variant }
    }

    /// Whether both are written for the same machines.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.normal() == other.normal()
    }

    /// How well an image for `self` serves somebody who asks for `wanted`, from 0 for exactly that; nothing where it does
    /// not. Older variants of an architecture do, newer ones do not: `linux/arm/v6` serves `linux/arm/v7`.
    ///
    /// Another architecture never does. containerd would take `386` for `amd64`; who builds for that asks for it.
    #[must_use]
    pub fn distance(&self, wanted: &Self) -> Option<usize> {
        let (offered, wanted) = (self.normal(), wanted.normal());
        if (&offered.os, &offered.architecture) != (&wanted.os, &wanted.architecture) {
            return None;
        }
        wanted.variants().iter().position(|variant| *variant == offered.variant.as_deref().unwrap_or_default())
    }

    /// The variants that run where this does, the best first; of a normal platform. Empty stands for none.
    fn variants(&self) -> Vec<String> {
        let own = self.variant.clone().unwrap_or_default();
        let level = |text: &str| text.parse::<u8>().ok();
        let named = |version: u8, levels: std::ops::RangeInclusive<u8>| {
            levels.rev().map(move |level| format!("v{version}.{level}"))
        };
        let older: Vec<String> = match (self.architecture.as_str(), own.strip_prefix('v').unwrap_or_default()) {
            ("amd64", version) => {
                let older = 2..level(version).unwrap_or(2);
                older.rev().map(|version| format!("v{version}")).chain([String::new()]).collect()
            }
            ("arm", version) => (5..level(version).unwrap_or(5)).rev().map(|version| format!("v{version}")).collect(),
            ("arm64", version) => match version.split_once('.').unwrap_or((version, "0")) {
                ("8", minor) => {
                    let newest = level(minor).unwrap_or(0).saturating_sub(1);
                    named(8, 1..=newest).chain([String::new()]).collect()
                }
                // Each v9 has what the v8 has that is five levels up (Arm Architecture Reference Manual, A2.1).
                ("9", minor) => {
                    let minor = level(minor).unwrap_or(0);
                    let older = named(9, 1..=minor.saturating_sub(1)).chain((minor > 0).then(|| "v9".to_owned()));
                    older.chain(named(8, 1..=minor.saturating_add(5).min(9))).chain([String::new()]).collect()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let mut variants = vec![own];
        variants.extend(older);
        variants
    }
}

/// The one of several that serves `wanted` best.
pub fn best<'a, T>(all: &'a [T], wanted: &Platform, platform: impl Fn(&T) -> Platform) -> Option<&'a T> {
    let distances = all.iter().filter_map(|one| platform(one).distance(wanted).map(|distance| (distance, one)));
    distances.min_by_key(|(distance, _)| *distance).map(|(_, one)| one)
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(formatter, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<_> = text.split('/').collect();
        let (os, architecture, variant) = match parts.as_slice() {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant)),
            _ => return Err(Error::Platform { text: text.to_owned() }),
        };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(Error::Platform { text: text.to_owned() });
        }
        Ok(Self {
            os: (*os).to_owned(),
            architecture: (*architecture).to_owned(),
            variant: variant.map(|variant| (*variant).to_owned()),
        })
    }
}

impl From<&ImageConfiguration> for Platform {
    fn from(config: &ImageConfiguration) -> Self {
        new(config.os().to_string(), config.architecture().to_string(), config.variant().as_deref())
    }
}

impl From<&IndexPlatform> for Platform {
    fn from(platform: &IndexPlatform) -> Self {
        new(platform.os().to_string(), platform.architecture().to_string(), platform.variant().as_deref())
    }
}

/// An empty variant is none.
fn new(os: String, architecture: String, variant: Option<&str>) -> Platform {
    let variant = variant.filter(|variant| !variant.is_empty()).map(str::to_owned);
    Platform { os, architecture, variant }
}

/// What a config says that its image is for.
#[must_use]
pub fn of_config(config: &ImageConfiguration) -> String {
    Platform::from(config).to_string()
}

/// What an index says that an image is for.
#[must_use]
pub fn of_index(platform: &IndexPlatform) -> String {
    Platform::from(platform).to_string()
}

/// One spelling for platforms that are the same. What is no platform is the same as itself.
#[must_use]
pub fn normal(platform: &str) -> String {
    platform.parse().map_or_else(|_| platform.to_owned(), |platform: Platform| platform.normal().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn platforms_are_read() {
        for text in ["linux/amd64", "linux/arm64/v8"] {
            assert_eq!(platform(text).to_string(), text);
        }
        for text in ["", "linux", "linux/", "linux/arm64/v8/x", "/amd64"] {
            assert_eq!(
                text.parse::<Platform>().unwrap_err().to_string(),
                format!("`{text}` is not a platform such as `linux/amd64` or `linux/arm64/v8`")
            );
        }
    }

    #[test]
    fn one_machine_has_many_names() {
        for (given, expected) in [
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm64/8", "linux/arm64"),
            ("linux/arm64/v8.0", "linux/arm64"),
            ("linux/aarch64", "linux/arm64"),
            ("Linux/ARM64/V8", "linux/arm64"),
            ("linux/arm64/v9", "linux/arm64/v9"),
            ("linux/arm64/9.0", "linux/arm64/v9"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/6", "linux/arm/v6"),
            ("linux/armhf", "linux/arm/v7"),
            ("linux/armel", "linux/arm/v6"),
            ("linux/arm/v8", "linux/arm/v8"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/x86_64", "linux/amd64"),
            ("linux/x86-64/v3", "linux/amd64/v3"),
            ("linux/i386", "linux/386"),
            ("macos/arm64", "darwin/arm64"),
            ("linux/riscv64", "linux/riscv64"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(normal(given), expected);
            assert_eq!(normal(expected), expected);
        }
    }

    #[test]
    fn older_variants_serve_and_newer_do_not() {
        for (offered, wanted, distance) in [
            ("linux/arm64", "linux/arm64/v8", Some(0)),
            ("linux/arm64/v8", "linux/aarch64", Some(0)),
            ("linux/arm64", "linux/arm64/v8.2", Some(2)),
            ("linux/arm64/v8.5", "linux/arm64/v9", Some(1)),
            ("linux/arm64/v8.6", "linux/arm64/v9", None),
            ("linux/arm64/v9", "linux/arm64/v9.2", Some(2)),
            ("linux/arm64", "linux/arm64/v9.7", Some(17)),
            ("linux/arm64/v9", "linux/arm64", None),
            ("linux/amd64", "linux/amd64/v3", Some(2)),
            ("linux/amd64/v2", "linux/amd64/v3", Some(1)),
            ("linux/amd64/v3", "linux/amd64", None),
            ("linux/amd64/v1", "linux/amd64", Some(0)),
            ("linux/arm/v6", "linux/arm", Some(1)),
            ("linux/arm/v5", "linux/arm/v7", Some(2)),
            ("linux/arm", "linux/arm/v6", None),
            ("linux/arm/v7", "linux/arm64", None),
            ("linux/386", "linux/amd64", None),
            ("linux/amd64", "windows/amd64", None),
            ("linux/arm64/odd", "linux/arm64/odd", Some(0)),
            ("linux/arm64", "linux/arm64/odd", None),
            ("linux/amd64", "linux/amd64/v255", Some(254)),
            ("linux/riscv64", "linux/riscv64", Some(0)),
        ] {
            assert_eq!(platform(offered).distance(&platform(wanted)), distance, "{offered} for {wanted}");
        }
    }

    #[test]
    fn the_nearest_is_the_best() {
        let all = ["linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/amd64"];
        for (wanted, expected) in [
            ("linux/arm", Some("linux/arm/v7")),
            ("linux/arm/v6", Some("linux/arm/v6")),
            ("linux/amd64/v2", Some("linux/amd64")),
            ("linux/arm64", None),
        ] {
            assert_eq!(best(&all, &platform(wanted), |text| platform(text)).copied(), expected, "{wanted}");
        }
    }
}
