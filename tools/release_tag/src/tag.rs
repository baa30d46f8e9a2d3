//! Release tags: `<service>/vMAJOR.MINOR.PATCH[-PRE]`.
//!
//! What passes holds nothing that a shell, git, a URL or a file of CI could take for something else.

use std::ffi::OsStr;
use std::fmt;

use serde::Serialize;
use terminal::printable;

use crate::{Error, ServiceName, Version};

/// A release tag that keeps the grammar. Whether the service is known and the tag exists is another question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tag {
    service: ServiceName,
    version: Version,
}

impl Tag {
    /// Puts a tag together.
    #[must_use]
    pub fn new(service: ServiceName, version: Version) -> Self {
        Self { service, version }
    }

    /// Reads a tag as it came from a command line, a variable or git.
    ///
    /// # Errors
    /// When it breaks the grammar in any way.
    pub fn parse(text: &OsStr) -> Result<Self, Error> {
        let refused = |reason: &str| Error::Tag { tag: printable::name(text), reason: reason.to_owned() };
        let text = text.to_str().ok_or_else(|| refused("it is not UTF-8"))?;
        if text.is_empty() {
            return Err(refused("it is empty"));
        }
        // Before anything else, so that no later message has to say it: names that only look like ASCII.
        if !text.is_ascii() {
            return Err(refused("it has characters other than ASCII"));
        }
        let (service, version) = text.rsplit_once('/').ok_or_else(|| refused("it has no `/` behind a service"))?;
        let service = ServiceName::parse(service).map_err(|error| refused(error.reason()))?;
        let version = version.parse().map_err(|error: Error| refused(error.reason()))?;
        Ok(Self { service, version })
    }

    /// The service: `api`.
    #[must_use]
    pub fn service(&self) -> &ServiceName {
        &self.service
    }

    /// The version: `v1.4.0`.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Its full name in git, which nothing can take for an option or another kind of revision.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("refs/tags/{self}")
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.service, self.version)
    }
}

impl Serialize for Tag {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use terminal::Diagnostic as _;

    use super::*;

    fn parse(text: &str) -> Result<Tag, Error> {
        Tag::parse(OsStr::new(text))
    }

    fn hint(error: &Error) -> String {
        error.hint().unwrap()
    }

    #[test]
    fn good_tags_are_taken_apart() {
        for (text, service, version, prerelease) in [
            ("api/v1.2.3", "api", "v1.2.3", false),
            ("control-plane/v0.0.0", "control-plane", "v0.0.0", false),
            ("key-service2/v10.20.30-rc.1", "key-service2", "v10.20.30-rc.1", true),
            ("cli/v1.0.0-0", "cli", "v1.0.0-0", true),
            ("cli/v1.0.0--", "cli", "v1.0.0--", true),
            ("cli/v18446744073709551615.0.0-alpha.beta-x", "cli", "v18446744073709551615.0.0-alpha.beta-x", true),
        ] {
            let tag = parse(text).unwrap();
            assert_eq!((tag.service().as_str(), tag.version().to_string().as_str()), (service, version));
            assert_eq!(tag.version().is_prerelease(), prerelease);
            assert_eq!(tag.to_string(), text);
            assert_eq!(tag.reference(), format!("refs/tags/{text}"));
        }
    }

    #[test]
    fn a_refusal_says_which_rule_and_what_to_type() {
        let error = parse("api/v01.2.3").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`api/v01.2.3` is not a release tag: it is not strict SemVer `vMAJOR.MINOR.PATCH[-PRE]`: invalid leading \
             zero in major version number"
        );
        assert!(hint(&error).starts_with("use `<service>/v"));
        let error = parse("refs/tags/api/v1.2.3").unwrap_err();
        assert!(hint(&error).starts_with("leave `refs/tags/` out"), "{}", hint(&error));
        let error = parse("key_service/v1.2.3").unwrap_err();
        assert_eq!(error.to_string(), "`key_service/v1.2.3` is not a release tag: the service's name has a `_`");
        assert!(hint(&error).starts_with("write `-` in place of `_`"), "{}", hint(&error));
    }

    #[test]
    fn limits_are_exact() {
        let service = |length| format!("{}/v1.2.3", "a".repeat(length));
        assert!(parse(&service(40)).is_ok());
        assert!(parse(&service(41)).is_err());
        let version = |length: usize| format!("api/v1.2.3-{}", "a".repeat(length - "v1.2.3-".len()));
        assert!(parse(&version(128)).is_ok());
        assert!(parse(&version(129)).is_err());
    }

    proptest! {
        #[test]
        fn every_tag_of_the_grammar_is_read_and_printed_unchanged(
            text in "[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5}){0,3}/v(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5})(-[a-z][a-z0-9-]{0,5}(\\.(0|[1-9][0-9]{0,3}))?)?",
        ) {
            prop_assert_eq!(parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn what_passes_is_harmless_everywhere(text in "[ -~]{0,4}[a-z]{0,3}[ -~]?/v?[0-9]\\.[0-9]\\.[0-9][ -~]{0,6}") {
            if let Ok(tag) = parse(&text) {
                prop_assert_eq!(tag.to_string(), text.clone());
                prop_assert!(crate::fuzzing::is_harmless(&tag.reference()));
            }
        }

        #[test]
        fn a_refusal_is_printable(text in any::<String>()) {
            if let Err(error) = parse(&text) {
                prop_assert!(error.to_string().bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            }
        }
    }
}
