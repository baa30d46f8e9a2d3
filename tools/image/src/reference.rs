//! Names of what is published and loaded: repositories, version tags and local tags.
//!
//! Owns their grammar (distribution-spec, "Pulling manifests", and Semantic Versioning 2.0) and nothing about reaching a registry.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use oci_spec::image::Digest;
use semver::Version;
use serde::Serialize;

/// The longest repository name with its host, in bytes: clients and registries agree on this limit.
const NAME_LIMIT: usize = 255;

/// The longest tag, in bytes (distribution-spec).
const TAG_LIMIT: usize = 128;

/// How many hexadecimal digits of the index digest a development tag has.
const DEVELOPMENT_DIGITS: usize = 12;

/// What can be wrong with a name that was typed or read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The repository has no registry in front.
    #[error("repository `{name}` does not start with a registry host")]
    NoHost {
        /// As typed.
        name: String,
    },
    /// The repository carries a tag.
    #[error("repository `{name}` has a tag in it")]
    RepositoryWithTag {
        /// As typed.
        name: String,
        /// What stands behind the colon.
        tag: String,
    },
    /// The repository carries a digest.
    #[error("repository `{name}` has a digest in it")]
    RepositoryWithDigest {
        /// As typed.
        name: String,
    },
    /// The repository's host or path breaks the grammar.
    #[error("repository `{name}` is not a valid name: {reason}")]
    Repository {
        /// As typed.
        name: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// The tag is not a version.
    #[error("tag `{tag}` is not a version: {reason}")]
    Tag {
        /// As typed.
        tag: String,
        /// Which rule it breaks.
        reason: String,
    },
    /// The local tag is not `REPOSITORY:TAG`.
    #[error("local tag `{tag}` is not a valid `REPOSITORY:TAG`: {reason}")]
    LocalTag {
        /// As typed.
        tag: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
}

impl ReferenceError {
    /// What to type instead, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoHost { name } => Some(format!("name the registry too, such as `ghcr.io/{name}`")),
            Self::RepositoryWithTag { tag, .. } => Some(format!("give the tag by itself: `--tag {tag}`")),
            Self::RepositoryWithDigest { .. } => {
                Some("leave the digest out, it follows from the layout; give a tag with `--tag`".to_owned())
            }
            Self::Tag { .. } => {
                Some("use `--tag vMAJOR.MINOR.PATCH[-PRE]`, such as `v1.4.0` or `v1.4.0-rc.1`".to_owned())
            }
            Self::LocalTag { .. } => Some("use a form such as `--tag unkey/api:dev`".to_owned()),
            Self::Repository { .. } => None,
        }
    }
}

/// A repository with its registry: `ghcr.io/unkeyed/api`. Has neither tag nor digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    host: String,
    path: String,
}

impl Repository {
    /// The registry: `ghcr.io` or `127.0.0.1:5000`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The name within the registry: `unkeyed/api`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same last component elsewhere: `ghcr.io/unkeyed/api` under `127.0.0.1:5000/test` is `127.0.0.1:5000/test/api`.
    ///
    /// # Errors
    /// When `prefix`, a host with or without a path, makes no valid repository.
    pub fn under(&self, prefix: &str) -> Result<Self, ReferenceError> {
        let last = self.path.rsplit('/').next().unwrap_or(&self.path);
        format!("{}/{last}", prefix.trim_end_matches('/')).parse()
    }

    /// Whether the registry is this machine itself, the only case in which plain HTTP is spoken.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(host_name(&self.host))
    }
}

impl FromStr for Repository {
    type Err = ReferenceError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let invalid = |reason| ReferenceError::Repository { name: name.to_owned(), reason };
        if name.contains('@') {
            return Err(ReferenceError::RepositoryWithDigest { name: name.to_owned() });
        }
        if name.contains("://") {
            return Err(invalid("it is a URL, leave the scheme out"));
        }
        let Some((host, path)) = name.split_once('/').filter(|(host, _)| looks_like_host(host)) else {
            return Err(ReferenceError::NoHost { name: name.to_owned() });
        };
        if let Some((_, tag)) = path.split_once(':') {
            return Err(ReferenceError::RepositoryWithTag { name: name.to_owned(), tag: tag.to_owned() });
        }
        check_host(host).map_err(invalid)?;
        check_path(path).map_err(invalid)?;
        if name.len() > NAME_LIMIT {
            return Err(invalid("it is longer than 255 characters"));
        }
        Ok(Self { host: host.to_owned(), path: path.to_owned() })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.host, self.path)
    }
}

impl Serialize for Repository {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

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
    pub fn development(digest: &Digest) -> Result<Self, ReferenceError> {
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
    type Err = ReferenceError;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let invalid = |reason: String| ReferenceError::Tag { tag: tag.to_owned(), reason };
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
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |reason| ReferenceError::LocalTag { tag: text.to_owned(), reason };
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

/// Whether `host`, without a port and possibly in brackets, is `localhost`, in 127.0.0.0/8, or `::1`.
#[must_use]
pub fn is_loopback_host(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The host without its port.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Docker's rule: the first component is a host when it has a dot or a colon, or is `localhost`.
fn looks_like_host(component: &str) -> bool {
    component == "localhost" || component.contains(['.', ':'])
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let name = host_name(host);
    if name.len() < host.len() && host[name.len() + 1..].parse::<u16>().is_err() {
        return Err("the port is not a number below 65536");
    }
    if let Some(address) = name.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        return if address.parse::<std::net::Ipv6Addr>().is_ok() { Ok(()) } else { Err("the IPv6 address is invalid") };
    }
    let is_label = |label: &str| {
        let ends = [label.bytes().next(), label.bytes().last()];
        label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && ends.iter().flatten().count() == 2
            && !ends.contains(&Some(b'-'))
    };
    if name.split('.').all(is_label) { Ok(()) } else { Err("the registry host is invalid") }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("it has upper-case letters");
    }
    if path.split('/').all(is_path_component) {
        Ok(())
    } else {
        Err("each part between slashes is lower-case letters and digits, joined by `.`, `_`, `__` or dashes")
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` of the distribution-spec.
fn is_path_component(component: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separators = component.split(|character: char| character.is_ascii() && is_word(character as u8));
    let legal =
        |separator: &str| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-');
    component.bytes().next().is_some_and(is_word)
        && component.bytes().last().is_some_and(is_word)
        && separators.into_iter().all(legal)
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
    use super::*;

    #[test]
    fn repositories() {
        for (name, host, path, loopback) in [
            ("ghcr.io/unkeyed/api", "ghcr.io", "unkeyed/api", false),
            ("127.0.0.1:5000/api", "127.0.0.1:5000", "api", true),
            ("127.9.9.9/api", "127.9.9.9", "api", true),
            ("localhost/a__b/c--d.e", "localhost", "a__b/c--d.e", true),
            ("[::1]:5000/api", "[::1]:5000", "api", true),
            ("[::1]/api", "[::1]", "api", true),
            ("[fe80::1]:5000/api", "[fe80::1]:5000", "api", false),
            ("localhost.example.com/api", "localhost.example.com", "api", false),
            ("128.0.0.1:80/api", "128.0.0.1:80", "api", false),
        ] {
            let repository: Repository = name.parse().unwrap();
            assert_eq!((repository.host(), repository.path()), (host, path));
            assert_eq!(repository.is_loopback(), loopback, "{name}");
            assert_eq!(repository.to_string(), name);
        }
    }

    #[test]
    fn refused_repositories() {
        for (name, message) in [
            ("unkeyed/api", "repository `unkeyed/api` does not start with a registry host"),
            ("api", "repository `api` does not start with a registry host"),
            ("ghcr.io/unkeyed/api:v1.0.0", "repository `ghcr.io/unkeyed/api:v1.0.0` has a tag in it"),
            ("ghcr.io/api@sha256:00", "repository `ghcr.io/api@sha256:00` has a digest in it"),
            (
                "https://ghcr.io/api",
                "repository `https://ghcr.io/api` is not a valid name: it is a URL, leave the scheme out",
            ),
            ("ghcr.io/Api", "repository `ghcr.io/Api` is not a valid name: it has upper-case letters"),
            (
                "ghcr.io:99999/api",
                "repository `ghcr.io:99999/api` is not a valid name: the port is not a number below 65536",
            ),
            ("-a.io/api", "repository `-a.io/api` is not a valid name: the registry host is invalid"),
            ("[::g]:1/api", "repository `[::g]:1/api` is not a valid name: the IPv6 address is invalid"),
        ] {
            assert_eq!(name.parse::<Repository>().unwrap_err().to_string(), message);
        }
        for path in ["", "a//b", "a/", "a..b", "a___b", "-a", "a-", "a b", "a$(id)", "ä"] {
            assert!(format!("ghcr.io/{path}").parse::<Repository>().is_err(), "{path}");
        }
        assert!(format!("ghcr.io/{}", "a".repeat(250)).parse::<Repository>().is_err());
    }

    #[test]
    fn a_tag_in_a_repository_leads_to_the_flag() {
        let error = "ghcr.io/api:v1.0.0".parse::<Repository>().unwrap_err();
        assert_eq!(error.hint().unwrap(), "give the tag by itself: `--tag v1.0.0`");
    }

    #[test]
    fn moving_to_another_registry_keeps_the_last_component() {
        let repository: Repository = "ghcr.io/unkeyed/api".parse().unwrap();
        for (prefix, expected) in [
            ("127.0.0.1:5000", "127.0.0.1:5000/api"),
            ("127.0.0.1:5000/unkeyed", "127.0.0.1:5000/unkeyed/api"),
            ("localhost:5000/a/b/", "localhost:5000/a/b/api"),
        ] {
            assert_eq!(repository.under(prefix).unwrap().to_string(), expected);
        }
        assert!(repository.under("no-host").is_err());
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
