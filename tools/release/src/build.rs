//! Building what is released of one commit, stamped, and holding each against its contract: one Bazel invocation. The images of
//! services, or the client's binaries for Linux.
//!
//! Owns the targets and options of a release. `checkout` is where it is built, `bazel` the way to Bazel, `events` what that says
//! of a build, `destination` what it says of where images go; `sources` finds the Bazel that knows a
//! commit, `closure` says which files an image is made of.

mod bazel;
mod cache_options;
pub(crate) mod checkout;
pub mod closure;
pub mod destination;
mod error;
mod events;
pub mod sources;

use std::path::{Path, PathBuf};
use std::slice;

use release_tag::Tag;

use crate::environment;

pub use bazel::{Bazel, QUIET};
pub use checkout::Checkout;
pub use error::BuildError;
pub use sources::Sources;

use events::Events;

/// Bazel's exit statuses after which its events tell what became of each target: all is well, some target does not build,
/// some test fails.
const CONCLUSIVE: [i32; 3] = [0, 1, 3];

/// What closures of the client are asked of: its binaries for Linux.
pub const BINARIES: &str = "//cli:binaries";

/// What the client is built for by Bazel, on Linux (Go's GOARCH).
pub const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

/// How a release is built. With `Ignore`, Bazel is one that has built nothing yet (`checkout`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// With what was built before.
    Use,
    /// From the sources alone.
    Ignore,
}

/// Builds and tests the images of these tags, which are of one commit and each of another service. The results are the images'
/// layouts, in the order of the tags.
///
/// # Errors
/// When Bazel says nothing about single targets.
pub fn build(bazel: &Bazel, tags: &[&Tag], cache: Cache) -> Result<Vec<Result<PathBuf, BuildError>>, BuildError> {
    let targets: Vec<String> = tags.iter().flat_map(|tag| targets(tag)).collect();
    let events = test(bazel, &targets, &stamps(tags), cache)?;
    Ok(tags.iter().map(|tag| layout(tag, &events)).collect())
}

/// Builds and tests the client's binaries for Linux at the commit of this tag: the files, in the order of [`ARCHITECTURES`].
///
/// # Errors
/// When one does not build, or breaks the contract.
pub fn binaries(bazel: &Bazel, tag: &Tag) -> Result<Vec<PathBuf>, BuildError> {
    let binaries = ARCHITECTURES.map(|architecture| format!("//cli:linux_{architecture}"));
    let contract = format!("{BINARIES}_test");
    let targets = [&binaries[..], slice::from_ref(&contract)].concat();
    let events = test(bazel, &targets, &stamps(&[tag]), Cache::Use)?;
    if let Some(broken) = binaries.iter().find(|target| !events.is_built(target)) {
        return Err(BuildError::Target { target: broken.clone() });
    }
    passed(contract, &events)?;
    let file = |target: String| events.file(&target).map(Path::to_owned).ok_or(BuildError::NoFile { target });
    binaries.into_iter().map(file).collect()
}

/// Builds and tests targets, with these lines of stamps.
fn test(bazel: &Bazel, targets: &[String], stamps: &str, cache: Cache) -> Result<Events, BuildError> {
    let folder = tempfile::tempdir().map_err(BuildError::Folder)?;
    let file = folder.path().join("events.json");
    let events_option = format!("--build_event_json_file={}", file.display());
    let mut arguments = vec!["test", "--config=release", "--keep_going", "--test_output=errors", &events_option];
    if cache == Cache::Ignore {
        arguments.extend(["--disk_cache=", "--remote_cache="]);
    }
    arguments.push("--");
    arguments.extend(targets.iter().map(String::as_str));
    let status = bazel.run(&arguments, &[(environment::RELEASE_STATUS, stamps)])?;
    if !status.code().is_some_and(|code| CONCLUSIVE.contains(&code)) {
        return Err(BuildError::Status { status });
    }
    Events::read(&file)
}

/// What is stamped, as `build/workspace_status.sh` prints it: `STABLE_VERSION_API v1.2.3`.
fn stamps(tags: &[&Tag]) -> String {
    let lines = tags.iter().map(|tag| format!("{} {}\n", tag.service().stamp_key(), tag.version()));
    lines.collect()
}

/// The image and its test.
fn targets(tag: &Tag) -> [String; 2] {
    ["image", "image_test"].map(|name| format!("//build/{}:{name}", tag.service()))
}

fn layout(tag: &Tag, events: &Events) -> Result<PathBuf, BuildError> {
    let [image, test] = targets(tag);
    if !events.is_built(&image) {
        return Err(BuildError::Target { target: image });
    }
    passed(test, events)?;
    events.layout(&image).ok_or(BuildError::NoLayout { target: image })
}

fn passed(test: String, events: &Events) -> Result<(), BuildError> {
    match events.test_status(&test) {
        Some("PASSED") => Ok(()),
        Some(status) => Err(BuildError::Contract { target: test, status: status.to_owned() }),
        None => Err(BuildError::Target { target: test }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_handed_on_as_finished_lines() {
        let tags = ["api/v1.2.3", "control-api/v0.1.0-rc.1"].map(|text| Tag::parse(text.as_ref()).unwrap());
        let expected = "STABLE_VERSION_API v1.2.3\nSTABLE_VERSION_CONTROL_API v0.1.0-rc.1\n";
        assert_eq!(stamps(&tags.iter().collect::<Vec<_>>()), expected);
    }
}
