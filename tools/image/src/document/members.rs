//! Which members the documents of an image have: those of image-spec and Docker's.

/// What a member's value is.
#[derive(Clone, Copy)]
pub enum Shape {
    /// Nothing that has members of known names.
    Any,
    /// An object whose keys are data.
    Map,
    /// An object of these members.
    Members(&'static Members),
    /// An array of such objects.
    List(&'static Members),
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

use Shape::{Any, List, Map, Members as Object};

/// image-spec, image-layout.md
pub static LAYOUT: Members =
    Members { known: &[("imageLayoutVersion", Any)], required: &["imageLayoutVersion"], foreign: &[] };

/// image-spec, image-index.md
pub static INDEX: Members = Members {
    known: &[
        ("annotations", Map),
        ("artifactType", Any),
        ("manifests", List(&DESCRIPTOR)),
        ("mediaType", Any),
        ("schemaVersion", Any),
        ("subject", Object(&DESCRIPTOR)),
    ],
    required: &["manifests"],
    foreign: &["config", "fsLayers", "layers"],
};

/// image-spec, manifest.md
pub static MANIFEST: Members = Members {
    known: &[
        ("annotations", Map),
        ("artifactType", Any),
        ("config", Object(&DESCRIPTOR)),
        ("layers", List(&DESCRIPTOR)),
        ("mediaType", Any),
        ("schemaVersion", Any),
        ("subject", Object(&DESCRIPTOR)),
    ],
    required: &["config", "layers"],
    foreign: &["fsLayers", "manifests"],
};

/// image-spec, descriptor.md and image-index.md
static DESCRIPTOR: Members = Members {
    known: &[
        ("annotations", Map),
        ("artifactType", Any),
        ("data", Any),
        ("digest", Any),
        ("mediaType", Any),
        ("platform", Object(&PLATFORM)),
        ("size", Any),
        ("urls", Any),
    ],
    required: &["digest", "mediaType", "size"],
    foreign: &[],
};

/// image-spec, image-index.md
static PLATFORM: Members = Members {
    known: &[
        ("architecture", Any),
        ("features", Any),
        ("os", Any),
        ("os.features", Any),
        ("os.version", Any),
        ("variant", Any),
    ],
    required: &["architecture", "os"],
    foreign: &[],
};

/// image-spec, config.md, and Docker's image specification v1.2
pub static CONFIG: Members = Members {
    known: &[
        ("architecture", Any),
        ("author", Any),
        ("comment", Any),
        ("config", Object(&SETTINGS)),
        ("container", Any),
        ("container_config", Object(&SETTINGS)),
        ("created", Any),
        ("docker_version", Any),
        ("history", List(&HISTORY)),
        ("id", Any),
        ("os", Any),
        ("os.features", Any),
        ("os.version", Any),
        ("parent", Any),
        ("rootfs", Object(&ROOTFS)),
        ("variant", Any),
    ],
    required: &["architecture", "os", "rootfs"],
    foreign: &[],
};

/// image-spec, config.md
static ROOTFS: Members =
    Members { known: &[("diff_ids", Any), ("type", Any)], required: &["diff_ids", "type"], foreign: &[] };

/// image-spec, config.md
static HISTORY: Members = Members {
    known: &[("author", Any), ("comment", Any), ("created", Any), ("created_by", Any), ("empty_layer", Any)],
    required: &[],
    foreign: &[],
};

/// What a container gets: image-spec, config.md, and Docker's.
static SETTINGS: Members = Members {
    known: &[
        ("ArgsEscaped", Any),
        ("AttachStderr", Any),
        ("AttachStdin", Any),
        ("AttachStdout", Any),
        ("Cmd", Any),
        ("CpuShares", Any),
        ("Domainname", Any),
        ("Entrypoint", Any),
        ("Env", Any),
        ("ExposedPorts", Map),
        ("Healthcheck", Object(&HEALTHCHECK)),
        ("Hostname", Any),
        ("Image", Any),
        ("Labels", Map),
        ("MacAddress", Any),
        ("Memory", Any),
        ("MemorySwap", Any),
        ("NetworkDisabled", Any),
        ("OnBuild", Any),
        ("OpenStdin", Any),
        ("Shell", Any),
        ("StdinOnce", Any),
        ("StopSignal", Any),
        ("StopTimeout", Any),
        ("Tty", Any),
        ("User", Any),
        ("Volumes", Map),
        ("WorkingDir", Any),
    ],
    required: &[],
    foreign: &[],
};

/// Docker's
static HEALTHCHECK: Members = Members {
    known: &[
        ("Interval", Any),
        ("Retries", Any),
        ("StartInterval", Any),
        ("StartPeriod", Any),
        ("Test", Any),
        ("Timeout", Any),
    ],
    required: &[],
    foreign: &[],
};
