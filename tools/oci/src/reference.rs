//! Names of what is published and loaded: repositories and local tags.
//!
//! Owns their grammar (distribution-spec, "Pulling manifests") and nothing about reaching a registry. Images are published under
//! versions alone, whose grammar is the crate `release_tag`'s.

mod repository;

use std::fmt;
use std::str::FromStr;

pub use self::repository::{Repository, Scheme, is_loopback_host};
use self::repository::{check_host, check_path, looks_like_host};
use crate::Error;

/// The longest tag, in bytes (distribution-spec).
const TAG_LIMIT: usize = 128;

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
