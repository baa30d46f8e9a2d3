//! Which of npm's dist-tags a version gets. One that people install by never moves back.

use release_tag::Version;

use crate::client::Tags;

/// What `npm install unkey` installs: the highest stable version.
pub const LATEST: &str = "latest";

/// The highest pre-release.
pub const NEXT: &str = "next";

/// The stable version that was published last of those below `latest`. npm wants a tag for every version.
pub const BACKPORT: &str = "backport";

/// The same of pre-releases below `next`.
pub const BACKPORT_NEXT: &str = "backport-next";

/// The tag for a version of a package that has these tags.
pub(crate) fn choose(version: &Version, tags: &Tags) -> &'static str {
    let (ahead, behind) = if version.is_prerelease() { (NEXT, BACKPORT_NEXT) } else { (LATEST, BACKPORT) };
    if tags.get(ahead).is_none_or(|present| is_below(present, version)) { ahead } else { behind }
}

/// One that nobody here can compare is not moved away from.
fn is_below(present: &str, version: &Version) -> bool {
    format!("v{present}").parse().is_ok_and(|present: Version| present < *version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tag_moves_back() {
        for (version, latest, next, expected) in [
            ("v1.0.0", "", "", LATEST),
            ("v1.0.0-rc.1", "", "", NEXT),
            ("v1.10.0", "1.9.0", "", LATEST),
            ("v1.9.1", "1.10.0", "", BACKPORT),
            // A registry calls the first version of all `latest`, also a pre-release.
            ("v1.0.0", "1.0.0-rc.1", "1.0.0-rc.1", LATEST),
            ("v1.0.0-rc.2", "1.0.0-rc.1", "1.0.0-rc.1", NEXT),
            ("v2.0.0-rc.10", "1.0.0", "2.0.0-rc.9", NEXT),
            ("v1.1.0-rc.1", "1.0.0", "2.0.0-rc.1", BACKPORT_NEXT),
            ("v1.1.0-rc.1", "2.0.0", "", NEXT),
            ("v1.0.0", "what is this", "", BACKPORT),
        ] {
            let present = [(LATEST, latest), (NEXT, next)].into_iter().filter(|(_, version)| !version.is_empty());
            let tags = present.map(|(tag, version)| (tag.to_owned(), version.to_owned())).collect();
            assert_eq!(choose(&version.parse().unwrap(), &tags), expected, "{version} with {tags:?}");
        }
    }
}
