//! Which version each service gets.
//!
//! Owns what follows from the versions that exist.

use super::PlanError;
use crate::releases;
use crate::repository::Repository;
use crate::request::{Next, Target, Wanted};
use crate::tag::Tag;
use crate::version::Version;

/// What one service gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// The new tag.
    pub(super) tag: Tag,
    /// The last stable one.
    pub(super) previous: Option<Tag>,
}

/// Chooses for every target, in order.
pub(super) fn choose(repository: &Repository, targets: &[Target], existing: &[Tag]) -> Result<Vec<Choice>, PlanError> {
    let choices: Vec<Choice> = targets.iter().map(|target| choice(target, existing)).collect::<Result<_, _>>()?;
    match choices.iter().find(|choice| existing.contains(&choice.tag)) {
        None => Ok(choices),
        Some(Choice { tag, .. }) => {
            let at = repository.objects(&[format!("{}^{{commit}}", tag.reference())])?.into_iter().next().flatten();
            Err(PlanError::Exists { tag: tag.clone(), at })
        }
    }
}

fn choice(target: &Target, existing: &[Tag]) -> Result<Choice, PlanError> {
    let own = || existing.iter().filter(|tag| tag.service() == target.service);
    let previous = releases::last_stable(existing, &target.service);
    let version = match &target.wanted {
        Wanted::Version(version) => version.clone(),
        Wanted::Next(next) => {
            let missing = || PlanError::FirstRelease { service: target.service.clone() };
            let last = previous.ok_or_else(missing)?.version();
            let none = || PlanError::Last { service: target.service.clone(), last: last.clone() };
            following(last, next, own().map(Tag::version)).ok_or_else(none)?
        }
    };
    let tag = Tag::new(&target.service, version)?;
    match previous {
        Some(last) if tag.version() < last.version() && !existing.contains(&tag) => {
            Err(PlanError::Lower { tag, last: last.version().clone() })
        }
        _ => Ok(Choice { tag, previous: previous.cloned() }),
    }
}

fn following<'a>(last: &Version, next: &Next, existing: impl Iterator<Item = &'a Version>) -> Option<Version> {
    let bumped = last.bumped(next.bump)?;
    match &next.label {
        None => Some(bumped),
        Some(label) => bumped.next_prerelease(label, existing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::{Bump, Label};

    fn tags(texts: &[&str]) -> Vec<Tag> {
        texts.iter().map(|text| Tag::parse(text.as_ref()).unwrap()).collect()
    }

    fn next(existing: &[&str], bump: Bump, label: Option<&str>) -> Result<String, String> {
        let label = label.map(|label| label.parse::<Label>().unwrap());
        let target = Target { service: "api".to_owned(), wanted: Wanted::Next(Next { bump, label }) };
        let choice = choice(&target, &tags(existing)).map_err(|error| error.to_string())?;
        Ok(choice.tag.to_string())
    }

    fn explicit(existing: &[&str], version: &str) -> Result<Option<String>, String> {
        let target = Target { service: "api".to_owned(), wanted: Wanted::Version(version.parse().unwrap()) };
        let choice = choice(&target, &tags(existing)).map_err(|error| error.to_string())?;
        Ok(choice.previous.map(|tag| tag.to_string()))
    }

    #[test]
    fn the_baseline_is_the_highest_stable_version_of_the_service() {
        let existing = ["api/v1.9.0", "api/v1.10.0", "api/v2.0.0-rc.1", "worker/v7.0.0", "api/v0.99.0"];
        assert_eq!(next(&existing, Bump::Patch, None).unwrap(), "api/v1.10.1");
        assert_eq!(next(&existing, Bump::Minor, None).unwrap(), "api/v1.11.0");
        assert_eq!(next(&existing, Bump::Major, None).unwrap(), "api/v2.0.0");
        assert_eq!(next(&existing, Bump::Major, Some("rc")).unwrap(), "api/v2.0.0-rc.2");
        assert_eq!(next(&existing, Bump::Major, Some("beta")).unwrap(), "api/v2.0.0-beta.1");
    }

    #[test]
    fn a_first_release_needs_a_version() {
        let expected = "service `api` has no stable release yet, so there is no next version";
        assert_eq!(next(&["worker/v1.0.0", "api/v1.0.0-rc.1"], Bump::Patch, None).unwrap_err(), expected);
        assert_eq!(next(&[], Bump::Patch, Some("rc")).unwrap_err(), expected);
        assert_eq!(explicit(&[], "v0.1.0").unwrap(), None);
    }

    #[test]
    fn versions_go_up() {
        let existing = ["api/v1.2.3", "api/v1.2.2"];
        assert_eq!(explicit(&existing, "v1.3.0").unwrap().unwrap(), "api/v1.2.3");
        for lower in ["v1.2.1", "v1.2.3-rc.1", "v0.0.1"] {
            let expected = format!("`api/{lower}` is lower than the last stable release, `v1.2.3`");
            assert_eq!(explicit(&existing, lower).unwrap_err(), expected);
        }
    }

    #[test]
    fn versions_end() {
        let last = format!("api/v1.2.{}", u64::MAX);
        assert!(
            next(&[&last], Bump::Patch, None).unwrap_err().starts_with("service `api` has no version after `v1.2.")
        );
    }
}
