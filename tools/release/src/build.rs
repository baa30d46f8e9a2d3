//! Building the images of services at one commit, stamped, and holding each against its contract: one Bazel invocation.
//!
//! Owns the targets and options of a release. What Bazel says of them is read in `events`.

mod events;

use std::path::{Path, PathBuf};
use std::{fs, io};

use registry::spec::{self, Service};

use crate::bazel::{Bazel, BazelError};
use crate::environment;
use crate::tag::Tag;

use events::{Events, EventsError};

/// Bazel's exit statuses after which its events tell what became of each target: all is well, some target does not build,
/// some test fails.
const CONCLUSIVE: [i32; 3] = [0, 1, 3];

/// What keeps an image from being built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Bazel cannot be started.
    #[error(transparent)]
    Bazel(#[from] BazelError),
    /// Bazel was interrupted, or does not get as far as building.
    #[error("Bazel ended with {status}, what it said is above")]
    Status {
        /// How it ended.
        status: String,
    },
    /// The target is broken.
    #[error("`{target}` does not build, what Bazel said is above")]
    Target {
        /// The target.
        target: String,
    },
    /// The image is not what it promises to be.
    #[error("`{target}` says {status}: the image breaks its contract, the findings are above")]
    Contract {
        /// The test.
        target: String,
        /// Bazel's word for how it ended.
        status: String,
    },
    /// There is no place for Bazel's events.
    #[error("cannot make a temporary folder")]
    Folder(#[source] io::Error),
    /// Bazel's events cannot be read.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// What Bazel built is not what the service's rules make.
    #[error("`{target}` makes no service spec")]
    NoSpec {
        /// The target.
        target: String,
    },
    /// The spec cannot be read.
    #[error(transparent)]
    Spec(#[from] registry::Error),
}

impl BuildError {
    /// Whether the answer is a "no" rather than a "don't know".
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Target { .. } | Self::Contract { .. })
    }
}

/// How a release is built. With `Ignore`, Bazel is one that has built nothing yet (`checkout`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// With what was built before.
    Use,
    /// From the sources alone.
    Ignore,
}

/// Builds and tests the images of these tags, which are of one commit. The results are in the order of the tags.
///
/// # Errors
/// When Bazel says nothing about single targets. Who stops waiting for it ends it.
pub async fn build(bazel: &Bazel, tags: &[&Tag], cache: Cache) -> Result<Vec<Result<Service, BuildError>>, BuildError> {
    let folder = tempfile::tempdir().map_err(BuildError::Folder)?;
    let file = folder.path().join("events.json");
    let events_option = format!("--build_event_json_file={}", file.display());
    let targets: Vec<String> = tags.iter().flat_map(|tag| targets(tag)).collect();
    let versions = tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let mut arguments = vec!["test", "--config=release", "--keep_going", "--test_output=errors", &events_option];
    if cache == Cache::Ignore {
        arguments.extend(["--disk_cache=", "--remote_cache="]);
    }
    arguments.push("--");
    arguments.extend(targets.iter().map(String::as_str));
    let status = bazel.run(&arguments, &[(environment::RELEASE_TAGS, &versions)]).await?;
    if !status.code().is_some_and(|code| CONCLUSIVE.contains(&code)) {
        return Err(BuildError::Status { status: status.to_string() });
    }
    let events = Events::read(&file)?;
    // Of one service's several tags only one can be stamped into its image: `publish` hands in one each.
    Ok(tags.iter().map(|tag| service(tag, &events)).collect())
}

/// The image itself is named too: of what only others depend on, a remote cache keeps the bytes to itself.
fn targets(tag: &Tag) -> [String; 3] {
    ["image", "image_push.json", "image_test"].map(|name| target(tag, name))
}

fn target(tag: &Tag, name: &str) -> String {
    format!("//build/{}:{name}", tag.service())
}

fn service(tag: &Tag, events: &Events) -> Result<Service, BuildError> {
    let [image, spec, test] = targets(tag);
    if let Some(broken) = [&image, &spec].into_iter().find(|target| !events.is_built(target)) {
        return Err(BuildError::Target { target: broken.clone() });
    }
    match events.test_status(&test) {
        Some("PASSED") => {}
        Some(status) => return Err(BuildError::Contract { target: test, status: status.to_owned() }),
        None => return Err(BuildError::Target { target: test }),
    }
    let file = events.file(&spec).ok_or_else(|| BuildError::NoSpec { target: spec.clone() })?;
    let mut services = spec::read(&[file.path()])?;
    let mut service = services.pop().ok_or(BuildError::NoSpec { target: spec })?;
    service.layout = absolute(&file.folder, &service.layout);
    Ok(service)
}

/// Layouts are named as runfiles: relative to where all outputs of the build are.
fn absolute(outputs: &Path, layout: &Path) -> PathBuf {
    let path = outputs.join(layout);
    fs::canonicalize(&path).unwrap_or(path)
}
