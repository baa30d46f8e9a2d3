//! Which of the existing releases of a service is the last, and which one came before another.
//!
//! Owns what "last" means: the highest version by precedence, whenever and wherever it was tagged.

use crate::tag::Tag;

/// The highest stable release of a service.
#[must_use]
pub fn last_stable<'a>(tags: &'a [Tag], service: &str) -> Option<&'a Tag> {
    highest(tags, |tag| tag.service() == service && !tag.version().is_prerelease())
}

/// What a release follows: the next lower stable one; for a pre-release the next lower one of any kind.
#[must_use]
pub fn before<'a>(tags: &'a [Tag], tag: &Tag) -> Option<&'a Tag> {
    let takes_any = tag.version().is_prerelease();
    highest(tags, |other| {
        other.service() == tag.service()
            && other.version() < tag.version()
            && (takes_any || !other.version().is_prerelease())
    })
}

fn highest(tags: &[Tag], is_meant: impl Fn(&Tag) -> bool) -> Option<&Tag> {
    tags.iter().filter(|tag| is_meant(tag)).max_by(|left, right| left.version().cmp(right.version()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> Tag {
        Tag::parse(text.as_ref()).unwrap()
    }

    fn tags() -> Vec<Tag> {
        ["api/v1.9.0", "worker/v9.0.0", "api/v1.10.0", "api/v2.0.0-rc.2", "api/v2.0.0-rc.1", "api/v0.9.9"]
            .map(tag)
            .to_vec()
    }

    #[test]
    fn the_last_release_is_the_highest_stable_one() {
        assert_eq!(last_stable(&tags(), "api").unwrap().to_string(), "api/v1.10.0");
        assert_eq!(last_stable(&tags(), "cli"), None);
    }

    #[test]
    fn a_release_follows_the_next_lower_one() {
        for (of, expected) in [
            ("api/v2.0.0", Some("api/v1.10.0")),
            ("api/v1.10.0", Some("api/v1.9.0")),
            ("api/v2.0.0-rc.2", Some("api/v2.0.0-rc.1")),
            ("api/v2.0.0-rc.1", Some("api/v1.10.0")),
            ("api/v0.9.9", None),
            ("cli/v1.0.0", None),
        ] {
            assert_eq!(before(&tags(), &tag(of)).map(ToString::to_string).as_deref(), expected, "{of}");
        }
    }
}
