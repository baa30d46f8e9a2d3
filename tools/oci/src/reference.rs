//! Names of what is published and loaded: repositories and local tags.
//!
//! Owns their grammar (distribution-spec, "Pulling manifests") and nothing about reaching a registry. Images are published under
//! versions alone, whose grammar is the crate `release_tag`'s.

mod repository;

use std::fmt;
use std::str::FromStr;

pub use self::repository::{Repository, Scheme, is_loopback_host};
use self::repository::{check_host, check_path, looks_like_host};

/// The longest tag, in bytes (distribution-spec).
const TAG_LIMIT: usize = 128;

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
    /// The repository is to be spoken to in the clear, over a network.
    #[error("repository `{name}` is not on this machine, and plain http leaves it for nowhere else")]
    PlainHttp {
        /// As typed.
        name: String,
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
            Self::LocalTag { .. } => Some("use a form such as `--tag unkey/api:dev`".to_owned()),
            Self::PlainHttp { name } => Some(format!("use `{}`", name.replacen("http", "https", 1))),
            Self::Repository { .. } => None,
        }
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
