//! The kinds of JSON documents of an image (image-spec): the names of their members, and how else a reader could
//! understand them.
//!
//! Docker, containerd, podman and the registries are written in Go, whose decoder compares names without case and takes
//! the last of several. `serde_json` compares exactly. A document that the two could understand in two ways is refused
//! here, for every verb, before its values are looked at.

mod members;
mod raw_object;
mod time;

use std::fmt;

use serde_json::value::RawValue;
use terminal::printable;

use crate::Error;
use members::{Members, Shape};
use raw_object::RawObject;

pub use self::time::{is_rfc3339, is_whole_utc};

/// How deep values may stand in each other.
const DEPTH_LIMIT: usize = 128;

/// How much of a name is shown, in characters.
const SHOWN_LIMIT: usize = 100;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// `oci-layout`
    Layout,
    /// An image index, `index.json` among them; Docker's manifest list.
    Index,
    /// An image manifest, OCI's or Docker's, also of an artifact.
    Manifest,
    /// The config of an image.
    Config,
}

/// Whether members may be there that no specification knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// They may, and known ones that need not be there may be null: readers pass over both.
    Lenient,
    /// They may not.
    Strict,
}

/// What is wrong with a member of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberFault {
    /// Another member of its object has the same name.
    Repeated,
    /// Its name is that of another, which is there too or which the specification knows, to a reader that compares without
    /// case.
    Folded {
        /// The other name.
        known: String,
    },
    /// It has to be there and is not.
    Missing,
    /// It has to have a value and has none.
    Null,
    /// It belongs into another kind of document: what reads this as one and as the other sees two images.
    Confused {
        /// What this is, such as `an image manifest`.
        what: &'static str,
    },
    /// It is in no specification.
    Unknown,
    /// Its value is of a type that Docker and containerd cannot put there, and so they refuse the document.
    Type {
        /// Such as `a number`.
        expected: &'static str,
    },
    /// It has to be a time and is none.
    Time,
}

impl MemberFault {
    fn of(self, member: impl Into<String>) -> Error {
        Error::Member { member: member.into(), fault: self }
    }
}

impl fmt::Display for MemberFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated => formatter.write_str("is there twice"),
            Self::Folded { known } => write!(formatter, "is the same as `{known}` to Docker and containerd"),
            Self::Missing => formatter.write_str("is missing"),
            Self::Null => formatter.write_str("is null"),
            Self::Confused { what } => write!(formatter, "does not belong into {what}"),
            Self::Unknown => formatter.write_str("is unknown"),
            Self::Type { expected } => write!(formatter, "is not {expected}"),
            Self::Time => formatter.write_str("is no RFC 3339 time"),
        }
    }
}

impl DocumentKind {
    /// As in `is not an image index`.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::Layout => "an image layout's version",
            Self::Index => "an image index",
            Self::Manifest => "an image manifest",
            Self::Config => "an image config",
        }
    }

    fn members(self) -> &'static Members {
        match self {
            Self::Layout => &members::LAYOUT,
            Self::Index => &members::INDEX,
            Self::Manifest => &members::MANIFEST,
            Self::Config => &members::CONFIG,
        }
    }

    /// Checks the members of `bytes` and the types of their values.
    ///
    /// # Errors
    /// For the first member that could be understood in two ways, is missing, is null where a value has to be, or is of
    /// a type that readers in Go refuse.
    pub fn check(self, bytes: &[u8], strictness: Strictness) -> Result<(), Error> {
        let raw: &RawValue = serde_json::from_slice(bytes)?;
        let place = Place { path: String::new(), depth: 0 };
        Walk { document: self, strictness }.object(raw, Some(self.members()), &place)
    }
}

struct Walk {
    document: DocumentKind,
    strictness: Strictness,
}

struct Place {
    path: String,
    depth: usize,
}

impl Place {
    fn member(&self, name: &str) -> Self {
        let name = printable::start(name, SHOWN_LIMIT);
        let path = if self.path.is_empty() { name } else { format!("{}.{name}", self.path) };
        Self { path, depth: self.depth + 1 }
    }

    fn element(&self, number: usize) -> Self {
        Self { path: format!("{}[{number}]", self.path), depth: self.depth + 1 }
    }
}

impl Walk {
    fn value(&self, raw: &RawValue, shape: Shape, place: &Place) -> Result<(), Error> {
        if place.depth > DEPTH_LIMIT {
            let message = format!("nested deeper than {DEPTH_LIMIT} levels");
            return Err(<serde_json::Error as serde::de::Error>::custom(message).into());
        }
        // Go's decoder leaves out what is null.
        if raw.get() != "null" {
            shape.check(raw.get(), &place.path)?;
        }
        match (raw.get().as_bytes().first(), shape) {
            (Some(b'{'), Shape::Members(members)) => self.object(raw, Some(members), place),
            (Some(b'{'), Shape::Map | Shape::TextMap) => self.map(raw, shape, place),
            (Some(b'{'), _) => self.object(raw, None, place),
            (Some(b'['), shape) => {
                let inner = match shape {
                    Shape::List(members) => Shape::Members(members),
                    Shape::Texts => Shape::Text,
                    _ => Shape::Any,
                };
                let elements: Vec<&RawValue> = serde_json::from_str(raw.get())?;
                let mut elements = elements.into_iter().enumerate();
                elements.try_for_each(|(number, element)| self.value(element, inner, &place.element(number)))
            }
            _ => Ok(()),
        }
    }

    /// An object whose keys are data, such as labels: Go compares those exactly.
    fn map(&self, raw: &RawValue, shape: Shape, place: &Place) -> Result<(), Error> {
        let mut seen = std::collections::HashSet::new();
        for (name, value) in serde_json::from_str::<RawObject<'_>>(raw.get())?.0 {
            let here = place.member(&name);
            self.value(value, if shape.is_of_texts() { Shape::Text } else { Shape::Any }, &here)?;
            if !seen.insert(name) {
                return Err(MemberFault::Repeated.of(here.path));
            }
        }
        Ok(())
    }

    fn object(&self, raw: &RawValue, members: Option<&Members>, place: &Place) -> Result<(), Error> {
        let mut seen: std::collections::HashMap<String, String> = std::collections::HashMap::new();
        for (name, value) in serde_json::from_str::<RawObject<'_>>(raw.get())?.0 {
            let here = place.member(&name);
            let shape = self.known(&name, members, value, &here)?;
            self.value(value, shape, &here)?;
            if let Some(other) = seen.insert(fold(&name), name.clone()) {
                return Err(if other == name {
                    MemberFault::Repeated.of(here.path)
                } else {
                    MemberFault::Folded { known: other }.of(here.path)
                });
            }
        }
        let required = members.into_iter().flat_map(|members| members.required);
        match required.into_iter().find(|name| !seen.contains_key(&fold(name))) {
            Some(missing) => Err(MemberFault::Missing.of(place.member(missing).path)),
            None => Ok(()),
        }
    }

    /// The shape of a member's value.
    fn known(&self, name: &str, members: Option<&Members>, value: &RawValue, here: &Place) -> Result<Shape, Error> {
        let Some(members) = members else { return Ok(Shape::Any) };
        let member = || here.path.clone();
        if here.depth == 1 && members.foreign.iter().any(|foreign| fold(foreign) == fold(name)) {
            return Err(MemberFault::Confused { what: self.document.what() }.of(member()));
        }
        let is_strict = self.strictness == Strictness::Strict;
        let Some((known, shape)) = members.known.iter().find(|(known, _)| fold(known) == fold(name)) else {
            return if is_strict { Err(MemberFault::Unknown.of(member())) } else { Ok(Shape::Any) };
        };
        if *known != name {
            return Err(MemberFault::Folded { known: (*known).to_owned() }.of(member()));
        }
        if value.get() == "null" && (is_strict || members.required.contains(known)) {
            return Err(MemberFault::Null.of(member()));
        }
        Ok(*shape)
    }
}

/// One spelling for names that Go's decoder takes for one: two letters outside of ASCII are folded into it.
fn fold(name: &str) -> String {
    let fold = |letter: char| match letter {
        '\u{212a}' => 'k',
        '\u{17f}' => 's',
        letter => letter.to_ascii_lowercase(),
    };
    name.chars().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str =
        r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{"User":"65532"}}"#;

    fn message(document: DocumentKind, text: &str) -> String {
        document
            .check(text.as_bytes(), Strictness::Lenient)
            .map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn names_that_go_takes_for_one_are_refused() {
        for (from, to, expected) in [
            (r#""User":"65532""#, r#""User":"65532","user":"0""#, "member `config.user` is the same as `User`"),
            (r#""User":"65532""#, r#""user":"0""#, "member `config.user` is the same as `User`"),
            (r#""User":"65532""#, r#""User":"65532","U\u017fer":"0""#, "member `config.Uſer` is the same as `User`"),
            (r#""User":"65532""#, r#""User":"1","User":"0""#, "member `config.User` is there twice"),
            (r#""User""#, r#""Healthcheck":{"Test":[],"test":[]},"User""#, "member `config.Healthcheck.test` is the"),
            (r#""User""#, r#""x":{"a":[{"b":1,"B":2}]},"User""#, "member `config.x.a[0].B` is the same as `b`"),
            (r#""os""#, r#""Os":"windows","os""#, "member `Os` is the same as `os`"),
            (r#""os""#, r#""Rootfs":{},"os""#, "member `Rootfs` is the same as `rootfs`"),
            (r#""diff_ids""#, r#""DIFF_IDS":[],"diff_ids""#, "member `rootfs.DIFF_IDS` is the same as `diff_ids`"),
            (r#""os""#, r#""history":[{"Empty_layer":true}],"os""#, "member `history[0].Empty_layer` is the same as"),
        ] {
            let text = CONFIG.replace(from, to);
            assert!(
                message(DocumentKind::Config, &text).starts_with(expected),
                "{}",
                message(DocumentKind::Config, &text)
            );
        }
    }

    #[test]
    fn keys_that_are_data_are_compared_exactly() {
        let text = CONFIG.replace(r#""User""#, r#""Labels":{"a":"1","A":"2"},"Volumes":{"/a":{},"/A":{}},"User""#);
        assert_eq!(message(DocumentKind::Config, &text), "fine");
        let text = CONFIG.replace(r#""User""#, r#""Labels":{"a":"1","a":"2"},"User""#);
        assert_eq!(message(DocumentKind::Config, &text), "member `config.Labels.a` is there twice");
    }

    #[test]
    fn values_have_the_types_that_go_has_for_them() {
        for (member, expected) in [
            (r#""created":"""#, "member `created` is no RFC 3339 time"),
            (r#""created":null"#, "fine"),
            (r#""history":[{"created":"x"}]"#, "member `history[0].created` is no RFC 3339 time"),
            (r#""history":[{"empty_layer":"true"}]"#, "member `history[0].empty_layer` is not true or false"),
            (r#""history":{}"#, "member `history` is not a list"),
            (r#""container":1"#, "member `container` is not a text"),
            (r#""os.features":"x""#, "member `os.features` is not a list"),
            (r#""os.features":[1]"#, "member `os.features[0]` is not a text"),
            (r#""container_config":"x""#, "member `container_config` is not an object"),
            (
                r#""container_config":{"StopTimeout":"10"}"#,
                "member `container_config.StopTimeout` is not a whole number",
            ),
            (
                r#""container_config":{"StopTimeout":1.5}"#,
                "member `container_config.StopTimeout` is not a whole number",
            ),
            (r#""container_config":{"StopTimeout":-10}"#, "fine"),
            (r#""container_config":{"Healthcheck":"x"}"#, "member `container_config.Healthcheck` is not an object"),
            (
                r#""container_config":{"Healthcheck":{"Test":"x"}}"#,
                "member `container_config.Healthcheck.Test` is not a",
            ),
            (r#""container_config":{"Labels":{"a":1}}"#, "member `container_config.Labels.a` is not a text"),
            (r#""container_config":{"Labels":[]}"#, "member `container_config.Labels` is not an object"),
            (r#""container_config":{"Tty":1}"#, "member `container_config.Tty` is not true or false"),
            (r#""container_config":{"OnBuild":"x"}"#, "member `container_config.OnBuild` is not a list"),
            (r#""container_config":{"Memory":"x"}"#, "fine"),
        ] {
            let text = CONFIG.replacen(r#""os""#, &format!(r#"{member},"os""#), 1);
            let message = message(DocumentKind::Config, &text);
            assert!(message.starts_with(expected), "{member}: {message}");
        }
        let index = r#"{"manifests":[{"mediaType":"a","digest":"b","size":1,"platform":{"os":"a","architecture":"b","os.features":"x"}}]}"#;
        let expected = "member `manifests[0].platform.os.features` is not a list";
        assert_eq!(message(DocumentKind::Index, index), expected);
    }

    #[test]
    fn what_has_to_be_there_is_named() {
        for (from, to, expected) in [
            (r#","diff_ids":[]"#, "", "member `rootfs.diff_ids` is missing"),
            ("[]", "null", "member `rootfs.diff_ids` is null"),
            (r#""type":"layers","#, "", "member `rootfs.type` is missing"),
            (r#""os":"linux","#, "", "member `os` is missing"),
            (r#"{"User":"65532"}"#, "null", "fine"),
            (r#""65532""#, "null", "fine"),
            (r#""65532""#, "65532", "member `config.User` is not a text"),
        ] {
            assert_eq!(message(DocumentKind::Config, &CONFIG.replace(from, to)), expected);
        }
        assert_eq!(message(DocumentKind::Manifest, r#"{"schemaVersion":2,"layers":[]}"#), "member `config` is missing");
        let manifest = r#"{"config":{"mediaType":"a","digest":"b","size":0},"layers":null}"#;
        assert_eq!(message(DocumentKind::Manifest, manifest), "member `layers` is null");
        let index = r#"{"manifests":[{"mediaType":"a","size":1}]}"#;
        assert_eq!(message(DocumentKind::Index, index), "member `manifests[0].digest` is missing");
    }

    #[test]
    fn a_document_is_of_one_kind() {
        let index = r#"{"manifests":[],"layers":[]}"#;
        assert_eq!(message(DocumentKind::Index, index), "member `layers` does not belong into an image index");
        let manifest = r#"{"config":{"mediaType":"a","digest":"b","size":0},"layers":[],"Manifests":[]}"#;
        assert_eq!(
            message(DocumentKind::Manifest, manifest),
            "member `Manifests` does not belong into an image manifest"
        );
    }

    #[test]
    fn strict_documents_have_nothing_unknown_and_no_nulls() {
        let strict =
            |text: &str| DocumentKind::Index.check(text.as_bytes(), Strictness::Strict).map_err(|e| e.to_string());
        assert_eq!(strict(r#"{"schemaVersion":2,"manifests":[]}"#), Ok(()));
        assert_eq!(strict(r#"{"manifests":[],"more":1}"#), Err("member `more` is unknown".to_owned()));
        assert_eq!(strict(r#"{"manifests":[],"annotations":null}"#), Err("member `annotations` is null".to_owned()));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "\u{feff}{}", "{} {}", "[]", "{", "1"] {
            assert!(matches!(DocumentKind::Index.check(text.as_bytes(), Strictness::Lenient), Err(Error::Json(_))));
        }
        let nested = format!(r#"{{"manifests":[],"a":{}{}}}"#, "[".repeat(4000), "]".repeat(4000));
        assert!(message(DocumentKind::Index, &nested).starts_with("nested deeper than 128 levels"));
    }
}
