//! The name of this one running instance. Owns its syntax and where it comes from.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The longest id, in bytes: that of a Kubernetes pod's name.
const LONGEST: usize = 253;

/// Names one instance among all those of a service: 1 to 253 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstanceId(String);

/// Why a text is no instance id.
#[derive(Debug, thiserror::Error)]
#[error("must be 1 to {LONGEST} visible ASCII characters, not `{}`", .0.escape_debug())]
pub struct InvalidInstanceId(String);

impl InstanceId {
    /// The configured id, else the machine's name where it is a valid one, else a random one.
    #[must_use]
    pub fn choose(configured: Option<Self>, host_name: Option<&str>) -> Self {
        configured
            .or_else(|| host_name.and_then(|name| name.parse().ok()))
            .unwrap_or_else(|| Self(Uuid::new_v4().to_string()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InstanceId {
    type Err = InvalidInstanceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidInstanceId(text.to_owned())) }
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> InstanceId {
        text.parse().expect("a valid id")
    }

    #[test]
    fn configured_before_machine_before_random() {
        assert_eq!(InstanceId::choose(Some(id("a")), Some("b")), id("a"));
        assert_eq!(InstanceId::choose(None, Some("b")), id("b"));
        for unusable in [None, Some(""), Some("two words")] {
            let random = InstanceId::choose(None, unusable);
            assert_eq!(random.as_str().len(), 36);
            assert_ne!(random, InstanceId::choose(None, unusable));
        }
    }

    #[test]
    fn what_would_garble_a_log_is_refused() {
        for text in ["", "a b", "a\n", "ä", &"a".repeat(254)] {
            assert!(text.parse::<InstanceId>().is_err(), "{text:?}");
        }
        let error = "a\n".parse::<InstanceId>().expect_err("refused");
        assert_eq!(error.to_string(), r"must be 1 to 253 visible ASCII characters, not `a\n`");
    }
}
