//! Which members the documents of an image have, those of image-spec and Docker's, and the types of their values in Go.

use super::MemberFault;
use super::time::is_time;
use crate::Error;

/// What a member's value is.
#[derive(Clone, Copy)]
pub enum Shape {
    /// Nothing that has members of known names.
    Any,
    /// A string.
    Text,
    /// An array of strings.
    Texts,
    /// A boolean.
    Flag,
    /// An integer of 64 bits with a sign.
    Number,
    /// A string that is a time.
    Time,
    /// An object whose keys are data.
    Map,
    /// The same, and its values are strings.
    TextMap,
    /// An object of these members.
    Members(&'static Members),
    /// An array of such objects.
    List(&'static Members),
}

impl Shape {
    /// Checks that a value, this JSON text and not null, is of the type. What is in it is for others to look at.
    ///
    /// # Errors
    /// When it is not, with the member's name.
    pub fn check(self, json: &str, member: &str) -> Result<(), Error> {
        let (is_right, expected) = match self {
            Self::Any => return Ok(()),
            Self::Time if json.starts_with('"') && !is_time(json) => {
                return Err(MemberFault::Time.of(member));
            }
            Self::Text | Self::Time => (json.starts_with('"'), "a text"),
            Self::Texts | Self::List(_) => (json.starts_with('['), "a list"),
            Self::Flag => (matches!(json, "true" | "false"), "true or false"),
            Self::Number => (json.parse::<i64>().is_ok(), "a whole number"),
            Self::Map | Self::TextMap | Self::Members(_) => (json.starts_with('{'), "an object"),
        };
        if is_right { Ok(()) } else { Err(MemberFault::Type { expected }.of(member)) }
    }

    /// Whether what is in it are strings.
    pub fn is_of_texts(self) -> bool {
        matches!(self, Self::Texts | Self::TextMap)
    }
}

/// The members of an object.
pub struct Members {
    /// Names, and what their values are.
    pub known: &'static [(&'static str, Shape)],
    /// Those that have to be there and not be null.
    pub required: &'static [&'static str],
    /// Those of other kinds of documents.
    pub foreign: &'static [&'static str],
}

use Shape::{Any, Flag, List, Map, Members as Object, Number, Text, TextMap, Texts, Time};

/// image-spec, image-layout.md
pub static LAYOUT: Members =
    Members { known: &[("imageLayoutVersion", Text)], required: &["imageLayoutVersion"], foreign: &[] };

/// image-spec, image-index.md
pub static INDEX: Members = Members {
    known: &[
        ("annotations", TextMap),
        ("artifactType", Text),
        ("manifests", List(&DESCRIPTOR)),
        ("mediaType", Text),
        ("schemaVersion", Number),
        ("subject", Object(&DESCRIPTOR)),
    ],
    required: &["manifests"],
    foreign: &["config", "fsLayers", "layers"],
};

/// image-spec, manifest.md
pub static MANIFEST: Members = Members {
    known: &[
        ("annotations", TextMap),
        ("artifactType", Text),
        ("config", Object(&DESCRIPTOR)),
        ("layers", List(&DESCRIPTOR)),
        ("mediaType", Text),
        ("schemaVersion", Number),
        ("subject", Object(&DESCRIPTOR)),
    ],
    required: &["config", "layers"],
    foreign: &["fsLayers", "manifests"],
};

/// image-spec, descriptor.md and image-index.md
static DESCRIPTOR: Members = Members {
    known: &[
        ("annotations", TextMap),
        ("artifactType", Text),
        ("data", Text),
        ("digest", Text),
        ("mediaType", Text),
        ("platform", Object(&PLATFORM)),
        ("size", Number),
        ("urls", Texts),
    ],
    required: &["digest", "mediaType", "size"],
    foreign: &[],
};

/// image-spec, image-index.md
static PLATFORM: Members = Members {
    known: &[
        ("architecture", Text),
        ("features", Any),
        ("os", Text),
        ("os.features", Texts),
        ("os.version", Text),
        ("variant", Text),
    ],
    required: &["architecture", "os"],
    foreign: &[],
};

/// image-spec, config.md, and Docker's image specification v1.2
pub static CONFIG: Members = Members {
    known: &[
        ("architecture", Text),
        ("author", Text),
        ("comment", Text),
        ("config", Object(&SETTINGS)),
        ("container", Text),
        ("container_config", Object(&SETTINGS)),
        ("created", Time),
        ("docker_version", Text),
        ("history", List(&HISTORY)),
        ("id", Text),
        ("os", Text),
        ("os.features", Texts),
        ("os.version", Text),
        ("parent", Text),
        ("rootfs", Object(&ROOTFS)),
        ("variant", Text),
    ],
    required: &["architecture", "os", "rootfs"],
    foreign: &[],
};

/// image-spec, config.md
static ROOTFS: Members =
    Members { known: &[("diff_ids", Texts), ("type", Text)], required: &["diff_ids", "type"], foreign: &[] };

/// image-spec, config.md
static HISTORY: Members = Members {
    known: &[("author", Text), ("comment", Text), ("created", Time), ("created_by", Text), ("empty_layer", Flag)],
    required: &[],
    foreign: &[],
};

/// What a container gets: image-spec, config.md, and Docker's.
static SETTINGS: Members = Members {
    known: &[
        ("ArgsEscaped", Flag),
        ("AttachStderr", Flag),
        ("AttachStdin", Flag),
        ("AttachStdout", Flag),
        ("Cmd", Any),
        ("CpuShares", Any),
        ("Domainname", Text),
        ("Entrypoint", Any),
        ("Env", Texts),
        ("ExposedPorts", Map),
        ("Healthcheck", Object(&HEALTHCHECK)),
        ("Hostname", Text),
        ("Image", Text),
        ("Labels", TextMap),
        ("MacAddress", Text),
        ("Memory", Any),
        ("MemorySwap", Any),
        ("NetworkDisabled", Flag),
        ("OnBuild", Texts),
        ("OpenStdin", Flag),
        ("Shell", Any),
        ("StdinOnce", Flag),
        ("StopSignal", Text),
        ("StopTimeout", Number),
        ("Tty", Flag),
        ("User", Text),
        ("Volumes", Map),
        ("WorkingDir", Text),
    ],
    required: &[],
    foreign: &[],
};

/// Docker's
static HEALTHCHECK: Members = Members {
    known: &[
        ("Interval", Number),
        ("Retries", Number),
        ("StartInterval", Number),
        ("StartPeriod", Number),
        ("Test", Texts),
        ("Timeout", Number),
    ],
    required: &[],
    foreign: &[],
};
