//! Versions of releases: `vMAJOR.MINOR.PATCH[-PRE]`, strict Semantic Versioning without build metadata, and the next one.
//!
//! Owns their grammar, their order and how they are raised; how pre-releases count is `prerelease`'s. The order is that of
//! the crate `semver`: `SemVer`'s precedence, because there is no build metadata.

use std::fmt;
use std::str::FromStr;

use semver::{BuildMetadata, Prerelease};
use serde::Serialize;
use terminal::printable;

use crate::Error;

/// The longest version with its `v`, in bytes: it becomes the tag of an image (distribution-spec).
const LENGTH_LIMIT: usize = 128;

/// How many digits of a digest the version of a development build has.
const DEVELOPMENT_DIGITS: usize = 12;

/// The version of a release. Ordered by precedence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(semver::Version);

/// Which part of a version is raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bump {
    /// `v1.2.3` -> `v1.2.4`
    Patch,
    /// `v1.2.3` -> `v1.3.0`
    Minor,
    /// `v1.2.3` -> `v2.0.0`
    Major,
}

impl Version {
    /// What a first release is called where nothing speaks for another one: `v0.1.0`.
    #[must_use]
    pub fn first() -> Self {
        Self(semver::Version::new(0, 1, 0))
    }

    /// The version of an image that no release made: `v0.0.0-dev.<first 12 hexadecimal digits of its digest>`.
    ///
    /// More digits where these are only decimal and begin with `0`, which `SemVer` forbids; nothing where that holds for all.
    #[must_use]
    pub fn development(digits: &str) -> Option<Self> {
        let lengths = DEVELOPMENT_DIGITS.min(digits.len())..=digits.len();
        lengths.into_iter().find_map(|length| format!("v0.0.0-dev.{}", digits.get(..length)?).parse().ok())
    }

    /// Whether it is a pre-release.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        !self.0.pre.is_empty()
    }

    /// The next stable version, or nothing where the number is the largest there is.
    #[must_use]
    pub fn bumped(&self, bump: Bump) -> Option<Self> {
        let semver::Version { major, minor, patch, .. } = self.0;
        let next = match bump {
            Bump::Patch => semver::Version::new(major, minor, patch.checked_add(1)?),
            Bump::Minor => semver::Version::new(major, minor.checked_add(1)?, 0),
            Bump::Major => semver::Version::new(major.checked_add(1)?, 0, 0),
        };
        Some(Self(next))
    }

    /// What stands behind the `-`; empty where it is no pre-release.
    #[must_use]
    pub fn prerelease(&self) -> &str {
        self.0.pre.as_str()
    }

    /// The same without what makes it a pre-release.
    #[must_use]
    pub fn base(&self) -> Self {
        Self(semver::Version { pre: Prerelease::EMPTY, ..self.0.clone() })
    }

    /// Whether both are of one `vMAJOR.MINOR.PATCH`.
    #[must_use]
    pub fn has_base_of(&self, other: &Self) -> bool {
        (self.0.major, self.0.minor, self.0.patch) == (other.0.major, other.0.minor, other.0.patch)
    }

    /// This pre-release of the same base; nothing where that is no version.
    #[must_use]
    pub fn with_prerelease(&self, prerelease: &str) -> Option<Self> {
        format!("{}-{prerelease}", self.base()).parse().ok()
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |reason: String| Error::Version { version: printable::name(text.as_ref()), reason };
        let bare = text.strip_prefix('v').ok_or_else(|| refused("it does not start with `v`".to_owned()))?;
        if text.len() > LENGTH_LIMIT {
            return Err(refused(format!("it is longer than {LENGTH_LIMIT} bytes")));
        }
        let version = semver::Version::parse(bare)
            .map_err(|error| refused(format!("it is not strict SemVer `vMAJOR.MINOR.PATCH[-PRE]`: {error}")))?;
        if version.build != BuildMetadata::EMPTY {
            return Err(refused("build metadata cannot be part of a tag".to_owned()));
        }
        // Git has a name for lock files of its own.
        if text.rsplit('.').next() == Some("lock") {
            return Err(refused("it ends in `.lock`, which git does not allow".to_owned()));
        }
        Ok(Self(version))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "v{}", self.0)
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"))
    }

    #[test]
    fn bumps_drop_what_is_below_and_the_prerelease() {
        let cases = [
            ("v1.2.3", "v1.2.4", "v1.3.0", "v2.0.0"),
            ("v0.0.0", "v0.0.1", "v0.1.0", "v1.0.0"),
            ("v1.2.3-rc.1", "v1.2.4", "v1.3.0", "v2.0.0"),
        ];
        for (from, patch, minor, major) in cases {
            let bumped = |bump| version(from).bumped(bump).unwrap().to_string();
            assert_eq!([bumped(Bump::Patch), bumped(Bump::Minor), bumped(Bump::Major)], [patch, minor, major]);
        }
    }

    #[test]
    fn the_largest_number_cannot_be_raised() {
        let largest = version(&format!("v1.2.{}", u64::MAX));
        assert_eq!(largest.bumped(Bump::Patch), None);
        assert_eq!(largest.bumped(Bump::Minor), Some(version("v1.3.0")));
    }

    #[test]
    fn a_base_has_prereleases() {
        let rc = version("v1.3.0-rc.1");
        assert_eq!((rc.prerelease(), rc.base()), ("rc.1", version("v1.3.0")));
        assert!(rc.has_base_of(&version("v1.3.0-beta")) && !rc.has_base_of(&version("v1.3.1-rc.1")));
        assert_eq!(rc.with_prerelease("rc2"), Some(version("v1.3.0-rc2")));
        for bad in ["", "a..b", "01", "a+b", "x.lock", &"a".repeat(128)] {
            assert_eq!(rc.with_prerelease(bad), None, "{bad}");
        }
    }

    #[test]
    fn development_versions_are_legal_for_every_digest() {
        for (digits, expected) in [
            ("abcdef0123456789", Some("v0.0.0-dev.abcdef012345")),
            ("1234567890123456", Some("v0.0.0-dev.123456789012")),
            ("0123456789012345a", Some("v0.0.0-dev.0123456789012345a")),
            ("01234567890a", Some("v0.0.0-dev.01234567890a")),
            ("0123", None),
        ] {
            assert_eq!(Version::development(digits).map(|version| version.to_string()).as_deref(), expected);
        }
    }

    /// The chain of `SemVer` 2.0, item 11.
    #[test]
    fn the_specifications_example_is_in_order() {
        let chain = ["alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1"];
        let mut versions: Vec<Version> = chain.iter().map(|pre| version(&format!("v1.0.0-{pre}"))).collect();
        versions.push(version("v1.0.0"));
        assert!(versions.is_sorted_by(|left, right| left < right));
    }

    fn any_version() -> impl Strategy<Value = String> {
        let number = || prop_oneof![0..4_u64, Just(u64::MAX)];
        let identifier = prop_oneof!["0|[1-9][0-9]{0,3}", "[0-9]{0,2}[a-zA-Z-][0-9a-zA-Z-]{0,4}"];
        (number(), number(), number(), prop::collection::vec(identifier, 0..4)).prop_map(
            |(major, minor, patch, pre)| {
                let dash = if pre.is_empty() { "" } else { "-" };
                format!("v{major}.{minor}.{patch}{dash}{}", pre.join("."))
            },
        )
    }

    proptest! {
        #[test]
        fn what_the_grammar_makes_is_read_and_printed_unchanged(text in any_version()) {
            prop_assert_eq!(version(&text).to_string(), text);
        }

        #[test]
        fn what_is_read_prints_as_it_was_typed(text in ".{0,40}") {
            if let Ok(version) = text.parse::<Version>() {
                prop_assert_eq!(version.to_string(), text);
            }
        }

        #[test]
        fn a_next_version_is_higher(text in any_version()) {
            let from = version(&text);
            for bump in [Bump::Patch, Bump::Minor, Bump::Major] {
                let next = from.bumped(bump);
                prop_assert!(next.is_none_or(|next| next > from && !next.is_prerelease()));
            }
        }
    }
}
