//! Which of the existing releases of a service is the last, and which one came before another.
//!
//! Owns what "last" means: the highest version by precedence, whenever and wherever it was tagged. A tag may point at a file or a
//! folder: its version is taken all the same, and nothing can be compared with it.

use release_tag::Tag;

use crate::git::{GitError, ObjectId, Repository};

/// A release that another one is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its tag.
    pub tag: Tag,
    /// What that points at.
    pub commit: ObjectId,
}

/// What was found for one list of tags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The first tag of a commit.
    pub base: Option<Base>,
    /// The tags before it, which are none of a commit.
    pub broken: Vec<Tag>,
}

/// Finds the first tag of a commit in each list. Git is asked once for all, and again only where a tag is none of a commit.
///
/// # Errors
/// When git fails.
pub fn bases(repository: &Repository, lists: &[Vec<Tag>]) -> Result<Vec<Found>, GitError> {
    let mut found = vec![Found::default(); lists.len()];
    let mut open: Vec<_> = lists.iter().map(Vec::as_slice).zip(&mut found).collect();
    loop {
        let next = open.into_iter().filter_map(|(list, found)| Some((list.split_first()?, found)));
        let asked: Vec<_> = next.collect();
        if asked.is_empty() {
            return Ok(found);
        }
        let commits = repository.commits_of(asked.iter().map(|((tag, _), _)| *tag))?;
        open = Vec::new();
        for (((tag, rest), found), commit) in asked.into_iter().zip(commits) {
            if let Some(commit) = commit {
                found.base = Some(Base { tag: tag.clone(), commit });
            } else {
                found.broken.push(tag.clone());
                open.push((rest, found));
            }
        }
    }
}

/// The stable releases of a service, the highest first.
#[must_use]
pub fn stable(tags: &[Tag], service: &str) -> Vec<Tag> {
    sorted(tags, |tag| tag.service().as_str() == service && !tag.version().is_prerelease())
}

/// What a release follows, the best first: the next lower stable ones; for a pre-release the next lower ones of any kind.
#[must_use]
pub fn before(tags: &[Tag], tag: &Tag) -> Vec<Tag> {
    let takes_any = tag.version().is_prerelease();
    sorted(tags, |other| {
        other.service() == tag.service()
            && other.version() < tag.version()
            && (takes_any || !other.version().is_prerelease())
    })
}

fn sorted(tags: &[Tag], is_meant: impl Fn(&Tag) -> bool) -> Vec<Tag> {
    let mut meant: Vec<Tag> = tags.iter().filter(|tag| is_meant(tag)).cloned().collect();
    meant.sort_by(|left, right| right.version().cmp(left.version()));
    meant
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
        assert_eq!(stable(&tags(), "api"), ["api/v1.10.0", "api/v1.9.0", "api/v0.9.9"].map(tag));
        assert_eq!(stable(&tags(), "cli"), []);
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
            assert_eq!(before(&tags(), &tag(of)).first(), expected.map(tag).as_ref(), "{of}");
        }
    }
}
