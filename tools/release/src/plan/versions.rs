//! Which version each service gets.
//!
//! Owns what follows from the versions that exist.

use release_tag::prerelease::{self, Label};
use release_tag::{Bump, ServiceName, Tag, Version};

use super::request::{Next, Target, Wanted};
use super::{PlanError, prereleases, releases};
use crate::error::Error;
use crate::git::Repository;

/// What one service gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// The new tag.
    pub(super) tag: Tag,
    /// The stable ones that exist, the highest first.
    pub(super) stable: Vec<Tag>,
}

/// Chooses for every target, in order.
pub(super) fn choose(repository: &Repository, targets: &[Target], existing: &[Tag]) -> Result<Vec<Choice>, Error> {
    let choices: Vec<Choice> = targets.iter().map(|target| choice(target, existing)).collect::<Result<_, _>>()?;
    match choices.iter().find(|choice| existing.contains(&choice.tag)) {
        None => Ok(choices),
        Some(Choice { tag, .. }) => {
            Err(PlanError::Exists { tag: tag.clone(), at: repository.commit_of(tag).ok() }.into())
        }
    }
}

fn choice(target: &Target, existing: &[Tag]) -> Result<Choice, Error> {
    let service = &target.service;
    let own: Vec<&Version> = existing.iter().filter(|tag| tag.service() == service).map(Tag::version).collect();
    let stable = releases::stable(existing, service.as_str());
    let previous = stable.first();
    let version = match &target.wanted {
        Wanted::Version(version) => version.clone(),
        Wanted::Next(next) => following(service, previous.map(Tag::version), next, &own)?,
    };
    let tag = Tag::new(service.clone(), version);
    // What exists is refused for that, whatever else is wrong with it.
    if !existing.contains(&tag) {
        refuse_lower(&tag, previous, &own)?;
    }
    Ok(Choice { tag, stable })
}

fn following(
    service: &ServiceName,
    last: Option<&Version>,
    next: &Next,
    existing: &[&Version],
) -> Result<Version, Error> {
    let first = || PlanError::FirstRelease { service: service.clone(), version: first(next, existing) };
    let last = last.ok_or_else(first)?;
    let end = |last: &Version| Error::from(PlanError::Last { service: service.clone(), last: last.clone() });
    let raised = |bump| last.bumped(bump).ok_or_else(|| end(last));
    let Some(label) = &next.label else { return raised(next.bump.unwrap_or(Bump::Patch)) };
    let base = match next.bump {
        Some(bump) => raised(bump)?,
        None => open_base(existing).map_or_else(|| raised(Bump::Patch), Ok)?,
    };
    prerelease::next(&base, label, existing.iter().copied()).map_err(|error| match error {
        release_tag::Error::End { last } => end(&last),
        release_tag::Error::Ambiguous { one, other } => prereleases::two_series(service, one, other, existing).into(),
        other => other.into(),
    })
}

/// The version that pre-releases lead to and that is not released yet: where there is one, they are higher than all stable ones.
fn open_base(existing: &[&Version]) -> Option<Version> {
    existing.iter().copied().max().filter(|highest| highest.is_prerelease()).map(Version::base)
}

/// What a service without a stable release could be asked for: what its pre-releases lead to.
fn first(next: &Next, existing: &[&Version]) -> Version {
    let highest = existing.iter().copied().max();
    let base = highest.map_or_else(Version::first, Version::base);
    let of_label = |label: &Label| prerelease::next(&base, label, existing.iter().copied()).ok();
    let counted = next.label.as_ref().and_then(of_label).filter(|next| highest.is_none_or(|highest| next > highest));
    counted.unwrap_or(base)
}

/// Versions go up: a stable one over all stable ones, a pre-release also over those of its base. Nothing changes that, because
/// what is lower is what nobody updates to.
fn refuse_lower(tag: &Tag, previous: Option<&Tag>, own: &[&Version]) -> Result<(), Error> {
    match previous.filter(|last| tag.version() < last.version()) {
        Some(last) => Err(PlanError::Lower { tag: tag.clone(), last: last.version().clone() }.into()),
        None => prereleases::check(tag, own),
    }
}

#[cfg(test)]
mod tests {
    use terminal::Diagnostic as _;

    use super::*;

    fn tags(texts: &[&str]) -> Vec<Tag> {
        texts.iter().map(|text| Tag::parse(text.as_ref()).unwrap()).collect()
    }

    fn target(wanted: Wanted) -> Target {
        Target { service: ServiceName::parse("api").unwrap(), wanted }
    }

    fn next(existing: &[&str], bump: impl Into<Option<Bump>>, label: Option<&str>) -> Result<String, String> {
        let label = label.map(|label| label.parse::<Label>().unwrap());
        let target = target(Wanted::Next(Next { bump: bump.into(), label }));
        let choice = choice(&target, &tags(existing)).map_err(|error| error.to_string())?;
        Ok(choice.tag.to_string())
    }

    fn explicit(existing: &[&str], version: &str) -> Result<Option<String>, String> {
        let target = target(Wanted::Version(version.parse().unwrap()));
        let choice = choice(&target, &tags(existing)).map_err(|error| error.to_string())?;
        Ok(choice.stable.first().map(ToString::to_string))
    }

    #[test]
    fn the_baseline_is_the_highest_stable_version_of_the_service() {
        let existing = ["api/v1.9.0", "api/v1.10.0", "api/v2.0.0-rc.1", "worker/v7.0.0", "api/v0.99.0"];
        assert_eq!(next(&existing, Bump::Patch, None).unwrap(), "api/v1.10.1");
        assert_eq!(next(&existing, Bump::Minor, None).unwrap(), "api/v1.11.0");
        assert_eq!(next(&existing, Bump::Major, None).unwrap(), "api/v2.0.0");
        assert_eq!(next(&existing, Bump::Major, Some("rc")).unwrap(), "api/v2.0.0-rc.2");
        assert_eq!(next(&existing, Bump::Minor, Some("beta")).unwrap(), "api/v1.11.0-beta.1");
    }

    #[test]
    fn prereleases_go_up_in_one_way_of_counting() {
        let joined = ["api/v1.0.0", "api/v1.1.0-rc1", "api/v1.1.0-rc2", "worker/v1.1.0-rc.7"];
        assert_eq!(next(&joined, Bump::Minor, Some("rc")).unwrap(), "api/v1.1.0-rc3");
        let lower = |tag: &str, seen: &str| format!("`api/{tag}` is lower than `api/{seen}`, which exists");
        assert_eq!(next(&joined, Bump::Minor, Some("alpha")).unwrap_err(), lower("v1.1.0-alpha.1", "v1.1.0-rc2"));
        for version in ["v1.1.0-alpha.1", "v1.1.0-rc.3", "v1.1.0-0", "v1.1.0-RC3", "v1.1.0-rc10"] {
            assert_eq!(explicit(&joined, version).unwrap_err(), lower(version, "v1.1.0-rc2"));
        }
        for version in ["v1.1.0-rc3", "v1.1.0-rc2.1", "v1.1.0", "v1.1.1-rc.1", "v1.2.0-alpha.1"] {
            assert!(explicit(&joined, version).is_ok(), "{version}");
        }
        let tenth = ["api/v1.0.0", "api/v1.1.0-rc9"];
        assert_eq!(next(&tenth, Bump::Minor, Some("rc")).unwrap_err(), lower("v1.1.0-rc10", "v1.1.0-rc9"));
        let dotted = ["api/v1.0.0", "api/v1.1.0-rc.10"];
        assert_eq!(explicit(&dotted, "v1.1.0-rc.9").unwrap_err(), lower("v1.1.0-rc.9", "v1.1.0-rc.10"));
        let expected = "`api/v1.1.0-rc11` counts in another way than `api/v1.1.0-rc.10`, which exists";
        assert_eq!(explicit(&dotted, "v1.1.0-rc11").unwrap_err(), expected);
        let both = ["api/v1.0.0", "api/v1.1.0-rc.3", "api/v1.1.0-rc2"];
        let expected = "`api/v1.1.0-rc.3` and `api/v1.1.0-rc2` count in two ways, so there is no next one";
        assert_eq!(next(&both, Bump::Minor, Some("rc")).unwrap_err(), expected);
        assert!(explicit(&both, "v1.1.0-rc3").is_ok());
    }

    #[test]
    fn an_open_series_is_gone_on_with() {
        for (existing, label, expected) in [
            (&["api/v1.0.0"][..], Some("rc"), "api/v1.0.1-rc.1"),
            (&["api/v1.2.0", "api/v1.3.0-rc.1"], Some("rc"), "api/v1.3.0-rc.2"),
            (&["api/v1.2.0", "api/v1.3.0-rc1"], Some("rc"), "api/v1.3.0-rc2"),
            (&["api/v1.2.0", "api/v1.3.0-beta.4"], Some("rc"), "api/v1.3.0-rc.1"),
            (&["api/v1.2.0", "api/v1.2.1-rc.7", "api/v2.0.0-rc.1"], Some("rc"), "api/v2.0.0-rc.2"),
            (&["api/v1.3.0", "api/v1.3.0-rc.1"], Some("rc"), "api/v1.3.1-rc.1"),
            (&["api/v1.2.0", "worker/v1.3.0-rc.1"], Some("rc"), "api/v1.2.1-rc.1"),
            (&["api/v1.2.0", "api/v1.3.0-rc.1"], None, "api/v1.2.1"),
        ] {
            assert_eq!(next(existing, None, label).unwrap(), expected, "{existing:?}");
        }
        let open = ["api/v1.2.0", "api/v1.3.0-rc.1"];
        assert_eq!(next(&open, Bump::Patch, Some("rc")).unwrap(), "api/v1.2.1-rc.1", "as it was asked for");
        assert!(next(&open, None, Some("beta")).unwrap_err().contains("is lower than `api/v1.3.0-rc.1`"));
    }

    #[test]
    fn a_refusal_says_what_to_type() {
        for (existing, version, expected) in [
            (&["api/v1.1.0-rc2"][..], "v1.1.0-rc.3", "api@v1.1.0-rc3"),
            (&["api/v1.1.0-rc9"], "v1.1.0-rc10", "api@v1.1.0-rc9.1"),
            (&["api/v1.1.0-rc.10"], "v1.1.0-rc.9", "api@v1.1.0-rc.11"),
            (&["api/v1.1.0-rc.10"], "v1.1.0-rc11", "api@v1.1.0-rc.11"),
            (&["api/v1.1.0-beta"], "v1.1.0-alpha.1", "api@v1.1.0-beta.1"),
            (&["api/v1.1.0-rc.1", "api/v1.1.0-zeta.4"], "v1.1.0-rc2", "api@v1.1.0-zeta.5"),
        ] {
            let target = target(Wanted::Version(version.parse().unwrap()));
            let hint = choice(&target, &tags(existing)).unwrap_err().hint().unwrap();
            assert!(hint.contains(&format!("`{expected}`")), "{version}: {hint}");
            let named = expected.split_once('@').unwrap().1;
            assert!(explicit(existing, named).is_ok(), "{named}");
        }
    }

    #[test]
    fn a_first_release_needs_a_version() {
        let expected = "service `api` has no stable release yet, so there is no next version";
        assert_eq!(next(&["worker/v1.0.0", "api/v1.0.0-rc.1"], Bump::Patch, None).unwrap_err(), expected);
        assert_eq!(next(&[], Bump::Patch, Some("rc")).unwrap_err(), expected);
        for (existing, label, expected) in [
            (&[][..], None, "v0.1.0"),
            (&[], Some("rc"), "v0.1.0-rc.1"),
            (&["api/v1.0.0-rc1"], None, "v1.0.0"),
            (&["api/v1.0.0-rc1"], Some("rc"), "v1.0.0-rc2"),
            (&["api/v1.0.0-rc1"], Some("beta"), "v1.0.0"),
        ] {
            let label = label.map(|label| label.parse::<Label>().unwrap());
            let error = choice(&target(Wanted::Next(Next { bump: None, label })), &tags(existing)).unwrap_err();
            assert!(error.hint().unwrap().contains(&format!("`api@{expected}`")), "{:?}", error.hint());
        }
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
