//! What is wrong with a name, a version, a tag or a series of pre-releases, and what to type instead.

use terminal::{Diagnostic, Verdict};

use crate::Version;
use crate::name::LENGTH_LIMIT;

/// Every error of this crate: all of them are refusals. Texts are as typed, printable; a `reason` is a sentence without its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No name of a service.
    #[error("`{name}` cannot be the name of a service: {reason}")]
    Name {
        /// The text.
        name: String,
        /// Which rule it breaks: `the service's name ...`, or why no service can have it.
        reason: String,
    },
    /// No version.
    #[error("`{version}` is not a version: {reason}")]
    Version {
        /// The text.
        version: String,
        /// Which rule it breaks.
        reason: String,
    },
    /// No release tag.
    #[error("`{tag}` is not a release tag: {reason}")]
    Tag {
        /// The text.
        tag: String,
        /// Which rule it, its service or its version breaks.
        reason: String,
    },
    /// No label of pre-releases.
    #[error("`{label}` is not a pre-release label: use a letter, then letters, digits and `-`")]
    Label {
        /// The text.
        label: String,
    },
    /// There are two series of one label, such as `-rc.1` and `-rc2`.
    #[error("`{one}` and `{other}` count in two ways, so there is no next one")]
    Ambiguous {
        /// The highest one of a series.
        one: Version,
        /// The highest one that counts in another way.
        other: Version,
    },
    /// The number of a pre-release is the largest there is.
    #[error("there is no pre-release after `{last}`")]
    End {
        /// The one with that number.
        last: Version,
    },
}

impl Error {
    /// Which rule a text breaks; empty where the error is no text's.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Name { reason, .. } | Self::Version { reason, .. } | Self::Tag { reason, .. } => reason,
            Self::Label { .. } | Self::Ambiguous { .. } | Self::End { .. } => "",
        }
    }
}

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name { name, .. } if name.contains('_') => {
                format!("write `-` in place of `_`: `{}`", name.replace('_', "-"))
            }
            Self::Name { .. } => format!(
                "use small letters, digits and single `-` between them, beginning with a letter, at most {LENGTH_LIMIT} \
                 characters, such as `billing-api`"
            ),
            Self::Version { .. } => "use `vMAJOR.MINOR.PATCH[-PRE]`, such as `v1.4.0` or `v1.4.0-rc.1`".to_owned(),
            Self::Tag { tag, .. } => {
                let form = "use `<service>/vMAJOR.MINOR.PATCH[-PRE]`, such as `api/v1.4.0` or `api/v1.4.0-rc.1`";
                if tag.starts_with("refs/tags/") {
                    format!("leave `refs/tags/` out; {form}")
                } else if tag.contains('_') {
                    format!("write `-` in place of `_`; {form}")
                } else {
                    form.to_owned()
                }
            }
            Self::Label { .. } | Self::Ambiguous { .. } | Self::End { .. } => return None,
        })
    }

    fn verdict(&self) -> Verdict {
        Verdict::Refused
    }
}
