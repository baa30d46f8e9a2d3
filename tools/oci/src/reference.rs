//! Names of what is published and loaded: repositories, version tags and local tags.
//!
//! Owns their grammar (distribution-spec, "Pulling manifests", and Semantic Versioning 2.0) and nothing about reaching a registry.

mod repository;

use std::fmt;
use std::str::FromStr;

use oci_spec::image::Digest;
use semver::Version;
use serde::Serialize;

pub use self::repository::{Repository, Scheme, is_loopback_host};
use self::repository::{check_host, check_path, looks_like_host};
use crate::Error;

/// The longest tag, in bytes (distribution-spec).
const TAG_LIMIT: usize = 128;

/// How many hexadecimal digits of the index digest a development tag has.
const DEVELOPMENT_DIGITS: usize = 12;

/// The only tags that are published: strict semantic versions, `vMAJOR.MINOR.PATCH[-PRE]`.
///
/// A moving tag such as `latest` cannot be expressed. Build metadata is refused because `+` is no tag character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct VersionTag(String);

impl VersionTag {
    /// The tag of an image that no release made: `v0.0.0-dev.<first 12 hex digits of the digest>`.
    ///
    /// # Errors
    /// When no prefix of the digest makes a legal identifier, which no sha256 digest in practice does.
    pub fn development(digest: &Digest) -> Result<Self, Error> {
        let hex = digest.digest();
        // SemVer forbids leading zeros in identifiers of digits only, and 12 hexadecimal digits are all decimal about once
        // in 280 times. One more digit at a time until a letter or no leading zero makes the identifier legal keeps
        // the tag a pure function of the digest.
        let length =
            (DEVELOPMENT_DIGITS..hex.len()).find(|&length| !is_forbidden_number(&hex[..length])).unwrap_or(hex.len());
        format!("v0.0.0-dev.{}", &hex[..length.min(hex.len())]).parse()
    }

    /// The tag as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VersionTag {
    type Err = Error;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let invalid = |reason: String| Error::Tag { tag: tag.to_owned(), reason };
        let Some(version) = tag.strip_prefix('v') else {
            return Err(invalid("it does not start with `v`".to_owned()));
        };
        let version = Version::parse(version).map_err(|error| invalid(error.to_string()))?;
        if !version.build.is_empty() {
            return Err(invalid("build metadata cannot be part of a tag".to_owned()));
        }
        if tag.len() > TAG_LIMIT {
            return Err(invalid("it is longer than 128 characters".to_owned()));
        }
        Ok(Self(tag.to_owned()))
    }
}

impl fmt::Display for VersionTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What an image is called in a local daemon: `unkey/api:dev`. The host is optional, any tag is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalTag {
    repository: String,
    tag: String,
}

impl LocalTag {
    /// The part before the tag: `unkey/api`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The part behind the last colon: `dev`.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The name in full, as containerd keeps it: `docker.io/unkey/api:dev`, `docker.io/library/api:dev`.
    #[must_use]
    pub fn qualified(&self) -> String {
        match self.repository.split_once('/') {
            Some((host, _)) if looks_like_host(host) => self.to_string(),
            Some(_) => format!("docker.io/{self}"),
            None => format!("docker.io/library/{self}"),
        }
    }
}

impl FromStr for LocalTag {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |reason| Error::LocalTag { tag: text.to_owned(), reason };
        if text.contains('@') {
            return Err(invalid("a digest cannot be assigned"));
        }
        // A colon before the last `/` belongs to a port.
        let (repository, tag) =
            text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).ok_or_else(|| invalid("the tag is missing"))?;
        match repository.split_once('/').filter(|(host, _)| looks_like_host(host)) {
            Some((host, path)) => check_host(host).and_then(|()| check_path(path)).map_err(invalid)?,
            None => check_path(repository).map_err(invalid)?,
        }
        check_tag(tag).map_err(invalid)?;
        Ok(Self { repository: repository.to_owned(), tag: tag.to_owned() })
    }
}

impl fmt::Display for LocalTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.repository, self.tag)
    }
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}` of the distribution-spec.
fn check_tag(tag: &str) -> Result<(), &'static str> {
    let is_first = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_rest = |byte: u8| is_first(byte) || matches!(byte, b'.' | b'-');
    match tag.as_bytes() {
        [first, rest @ ..] if is_first(*first) && rest.iter().all(|byte| is_rest(*byte)) && tag.len() <= TAG_LIMIT => {
            Ok(())
        }
        _ => Err("a tag has up to 128 letters, digits, `_`, `.` and `-`"),
    }
}

fn is_forbidden_number(identifier: &str) -> bool {
    identifier.starts_with('0') && identifier.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use terminal::Diagnostic as _;

    use super::*;

    #[test]
    fn a_tag_in_a_repository_leads_to_the_flag() {
        let error = "ghcr.io/api:v1.0.0".parse::<Repository>().unwrap_err();
        assert_eq!(error.hint().unwrap(), "give the tag by itself: `--tag v1.0.0`");
    }

    #[test]
    fn version_tags() {
        for tag in ["v0.0.0", "v1.2.3", "v1.2.3-rc.1", "v10.20.30-a-b.c0", "v1.2.3--"] {
            assert_eq!(tag.parse::<VersionTag>().unwrap().as_str(), tag);
        }
        for tag in [
            "",
            "v",
            "latest",
            "dev",
            "1.2.3",
            "V1.2.3",
            "vv1.2.3",
            "v1",
            "v1.2",
            "v1.2.3.4",
            "v01.2.3",
            "v1.2.03",
            "v1.2.3-",
            "v1.2.3-01",
            "v1.2.3-a..b",
            "v1.2.3+meta",
            "v1.2.3-rc.1+meta",
            "v1.2.3 ",
            "v1.2.3$(id)",
            "v1.2.3-ä",
        ] {
            assert!(tag.parse::<VersionTag>().is_err(), "{tag}");
        }
        assert!(format!("v1.2.3-{}", "a".repeat(128)).parse::<VersionTag>().is_err());
    }

    #[test]
    fn development_tags_are_legal_for_every_digest() {
        for (start, expected) in [
            ("abcdef0123456789", "v0.0.0-dev.abcdef012345"),
            ("1234567890123456", "v0.0.0-dev.123456789012"),
            ("0123456789012345a", "v0.0.0-dev.0123456789012345a"),
            ("01234567890a", "v0.0.0-dev.01234567890a"),
        ] {
            let digest = Digest::from_str(&format!("sha256:{start:c<64}")).unwrap();
            assert_eq!(VersionTag::development(&digest).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn local_tags() {
        for (text, repository, tag, qualified) in [
            ("unkey/api:dev", "unkey/api", "dev", "docker.io/unkey/api:dev"),
            ("api:latest", "api", "latest", "docker.io/library/api:latest"),
            ("localhost:5005/a_b:tilt-0af", "localhost:5005/a_b", "tilt-0af", "localhost:5005/a_b:tilt-0af"),
        ] {
            let local: LocalTag = text.parse().unwrap();
            assert_eq!(local.qualified(), qualified);
            assert_eq!((local.repository(), local.tag()), (repository, tag));
            assert_eq!(local.to_string(), text);
        }
        for text in ["api", "localhost:5005/api", "a:b:c", "api:", ":dev", "Api:dev", "api:dev@sha256:0", "api:-x"] {
            assert!(text.parse::<LocalTag>().is_err(), "{text}");
        }
    }
}
