//! What somebody means: `api`, `api@v1.2.3` or `api/v1.2.3`, and how the next version of a bare name is found. All verbs read
//! these forms; those about a release that exists need the version.
//!
//! Owns these forms and which wishes contradict each other. Which services and versions exist is for others to say.

use std::ffi::{OsStr, OsString};

use release_tag::prerelease::Label;
use release_tag::{Bump, ServiceName, Tag, Version};
use services::{CLI, Services};
use terminal::printable;

use crate::error::Error;

/// Where the version of a service comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// This one.
    Version(Version),
    /// The one after the last, as `Next` says.
    Next(Next),
}

/// How a version follows from the last stable one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Which part is raised; where nothing is said the patch, unless pre-releases of a higher version are to be gone on with.
    pub bump: Option<Bump>,
    /// The series of pre-releases that it belongs to.
    pub label: Option<Label>,
}

/// A service to release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which one.
    pub service: ServiceName,
    /// With which version.
    pub wanted: Wanted,
}

/// What holds for every name without a version.
#[derive(Debug, Clone, Default)]
pub struct ForBareNames {
    /// This version.
    pub version: Option<OsString>,
    /// Else the last one with this part raised.
    pub bump: Option<Bump>,
    /// As a pre-release.
    pub label: Option<Label>,
}

/// Reads a release that exists.
///
/// # Errors
/// When it has no version, or breaks the grammar.
pub fn tag(text: &OsStr) -> Result<Tag, Error> {
    // A bare name is refused as the tag that it is not.
    Ok(versioned(text)?.map_or_else(|| Tag::parse(text), Ok)?)
}

/// Reads a release that exists, of something that has an image.
///
/// # Errors
/// As [`tag`], and when it is the command line client's.
pub fn image_tag(text: &OsStr) -> Result<Tag, Error> {
    let tag = tag(text)?;
    if tag.service().as_str() == CLI { Err(Error::NoImage { tag }) } else { Ok(tag) }
}

/// What is published at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// Images, each of another service.
    Images(Vec<Tag>),
    /// The command line client.
    Client(Tag),
}

/// Reads releases that exist: each tag once, and each service; the command line client by itself.
///
/// # Errors
/// When some break the grammar, are of one service, or are of the client beside others.
pub fn published(texts: &[OsString]) -> Result<Published, Error> {
    let mut tags: Vec<Tag> = Vec::new();
    let mut errors = Vec::new();
    for text in texts {
        match tag(text) {
            Err(error) => errors.push(error),
            Ok(tag) => match tags.iter().find(|known| known.service() == tag.service()) {
                None => tags.push(tag),
                Some(known) if *known == tag => {}
                Some(known) => {
                    errors.push(Error::SameService { one: known.to_string(), other: tag.to_string() });
                }
            },
        }
    }
    Error::all(errors, Error::SeveralTyped)?;
    let (mut own, others): (Vec<Tag>, Vec<Tag>) = tags.into_iter().partition(|tag| tag.service().as_str() == CLI);
    match own.pop() {
        None => Ok(Published::Images(others)),
        Some(tag) if others.is_empty() => Ok(Published::Client(tag)),
        Some(tag) => Err(Error::Alone { tag, others }),
    }
}

/// Reads what was typed. Repetitions count once; the order is kept.
///
/// # Errors
/// When a text is neither a service nor a tag, or when two wishes contradict each other.
pub fn parse(texts: &[OsString], bare: &ForBareNames, services: &Services) -> Result<Vec<Target>, Error> {
    let for_bare = bare.wanted()?;
    let mut targets: Vec<Target> = Vec::new();
    let mut has_bare = false;
    for text in texts {
        let target = if let Some(tag) = versioned(text)? {
            Target { service: tag.service().clone(), wanted: Wanted::Version(tag.version().clone()) }
        } else {
            has_bare = true;
            Target { service: ServiceName::parse(&text.to_string_lossy())?, wanted: for_bare.clone() }
        };
        services.expect(target.service.as_str())?;
        match targets.iter().find(|known| known.service == target.service) {
            None => targets.push(target),
            Some(known) if known.wanted == target.wanted => {}
            Some(_) => return Err(Error::Contradiction { service: target.service }),
        }
    }
    match bare.flag() {
        Some(flag) if !has_bare => Err(Error::Unused { flag }),
        _ => Ok(targets),
    }
}

impl ForBareNames {
    fn wanted(&self) -> Result<Wanted, Error> {
        let Some(text) = &self.version else {
            return Ok(Wanted::Next(Next { bump: self.bump, label: self.label.clone() }));
        };
        let invalid = |error: release_tag::Error| Error::Version {
            text: printable::name(text),
            reason: error.reason().to_owned(),
        };
        text.to_string_lossy().parse().map(Wanted::Version).map_err(invalid)
    }

    /// The flag that it came by.
    fn flag(&self) -> Option<&'static str> {
        let flags =
            [(self.version.is_some(), "--version"), (self.bump.is_some(), "--bump"), (self.label.is_some(), "--pre")];
        flags.iter().find(|(is_given, _)| *is_given).map(|(_, flag)| *flag)
    }
}

/// The tag that `service@version` and `service/version` stand for; nothing for a name without a version.
fn versioned(text: &OsStr) -> Result<Option<Tag>, release_tag::Error> {
    // What is not UTF-8 is refused as the tag that it would be.
    let Some(typed) = text.to_str() else { return Tag::parse(text).map(Some) };
    match typed.split_once('@') {
        Some((service, version)) if !service.contains('/') && !version.contains('/') => {
            Tag::parse(format!("{service}/{version}").as_ref()).map(Some)
        }
        None if !typed.contains('/') => Ok(None),
        _ => Tag::parse(text).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use terminal::Diagnostic as _;

    use super::*;

    fn parse_all(texts: &[&str], bare: &ForBareNames) -> Result<Vec<String>, String> {
        let texts: Vec<OsString> = texts.iter().map(OsString::from).collect();
        let services = Services::of(&["api", "worker", "cli"]);
        let show = |target: Target| match target.wanted {
            Wanted::Version(version) => format!("{} {version}", target.service),
            Wanted::Next(_) => format!("{} next", target.service),
        };
        let targets = parse(&texts, bare, &services).map_err(|error| error.to_string())?;
        Ok(targets.into_iter().map(show).collect())
    }

    #[test]
    fn three_forms_and_repetitions() {
        let bare = ForBareNames::default();
        let typed = ["worker", "api@v1.2.3", "api/v1.2.3", "worker", "cli/v0.1.0-rc.1"];
        assert_eq!(parse_all(&typed, &bare).unwrap(), ["worker next", "api v1.2.3", "cli v0.1.0-rc.1"]);
    }

    #[test]
    fn one_version_for_all_bare_names() {
        let bare = ForBareNames { version: Some("v2.0.0".into()), ..ForBareNames::default() };
        assert_eq!(parse_all(&["worker", "api@v1.2.3"], &bare).unwrap(), ["worker v2.0.0", "api v1.2.3"]);
        assert_eq!(parse_all(&["api", "api@v2.0.0"], &bare).unwrap(), ["api v2.0.0"]);
    }

    #[test]
    fn releases_that_exist_are_named_in_the_same_forms() {
        let all = |texts: &[&str]| {
            let texts: Vec<OsString> = texts.iter().map(OsString::from).collect();
            published(&texts).map(|published| match published {
                Published::Images(tags) => tags.iter().map(ToString::to_string).collect::<Vec<_>>(),
                Published::Client(tag) => vec![format!("client {tag}")],
            })
        };
        let typed = ["api@v1.2.3", "worker/v1.0.0", "api/v1.2.3"];
        assert_eq!(all(&typed).unwrap(), ["api/v1.2.3", "worker/v1.0.0"]);
        let error = all(&["api", "worker@v1", "api@v1.2.3", "api@v1.2.4"]).unwrap_err();
        let lines = error.to_string();
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines[0], "3 of the tags are wrong, so nothing is done:");
        assert_eq!(lines[1], "  `api` is not a release tag: it has no `/` behind a service");
        assert_eq!(lines[3], "  `api/v1.2.3` and `api/v1.2.4` are of one service");
        assert_eq!(error.hint().unwrap().lines().count(), 2);
        assert_eq!(all(&["api@v1.2.3", "api@v1.2.4"]).unwrap_err().to_string(), lines[3].trim());
        assert_eq!(all(&["cli/v1.0.0", "cli@v1.0.0"]).unwrap(), ["client cli/v1.0.0"]);
    }

    #[test]
    fn the_client_is_published_by_itself_and_not_verified() {
        let texts = ["api/v1.2.3", "cli/v1.0.0", "worker@v1.0.0"].map(OsString::from);
        let error = published(&texts).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`cli/v1.0.0` is published by itself: it is no image but the command line client"
        );
        let expected =
            "make release ARGS='publish api/v1.2.3 worker/v1.0.0', and make release ARGS='publish cli/v1.0.0'";
        assert_eq!(error.hint().unwrap(), expected);
        let error = image_tag("cli/v1.0.0".as_ref()).unwrap_err();
        assert!(error.hint().unwrap().starts_with("make release ARGS='publish cli/v1.0.0 --only archives' makes"));
    }

    #[test]
    fn contradictions_are_refused() {
        let bare = ForBareNames::default();
        let expected = "service `api` is asked for twice, with different versions";
        assert_eq!(parse_all(&["api@v1.2.3", "api@v1.2.4"], &bare).unwrap_err(), expected);
        assert_eq!(parse_all(&["api", "api@v1.2.4"], &bare).unwrap_err(), expected);
        let bump = ForBareNames { bump: Some(Bump::Major), ..ForBareNames::default() };
        let expected = "`--bump` is for services without a version, and every one has its own";
        assert_eq!(parse_all(&["api@v1.2.3"], &bump).unwrap_err(), expected);
    }

    #[test]
    fn what_is_neither_a_service_nor_a_tag_is_refused() {
        let bare = ForBareNames::default();
        for bad in [
            "",
            "wroker",
            "--upload-pack=x",
            "api@",
            "api@1.2.3",
            "api@v1.2",
            "api@v1.2.3+x",
            "@v1.2.3",
            "api@v1.2.3@v1",
            "api@x/v1.2.3",
            "api/v1.2.3@{u}",
            "api/",
            "$(id)",
            "api;id",
            "a\u{440}i",
            "util",
        ] {
            assert!(parse_all(&[bad], &bare).is_err(), "`{bad}`");
        }
        let version = ForBareNames { version: Some("1.2.3".into()), ..ForBareNames::default() };
        let expected = "`--version 1.2.3` is not a version: it does not start with `v`";
        assert_eq!(parse_all(&["api"], &version).unwrap_err(), expected);
    }
}
