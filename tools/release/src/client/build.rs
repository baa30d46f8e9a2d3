//! From a commit to a folder with everything that is released: Bazel's binaries for Linux, and around them what GoReleaser makes.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat};
use services::CLI;

use super::dist::{Dist, LICENSE, digest_of};
use super::goreleaser::{GoReleaser, WRAPPER};
use super::{ClientContext, ClientError, binaries};
use crate::build::{self, ARCHITECTURES, Checkout};
use crate::check::Checked;
use crate::error::Error;
use crate::git::GitError;
use crate::github::{GitHubError, Slug};
use crate::plan::releases;

/// Builds a release's folder at this place, in the checkout.
pub(super) fn make(
    context: ClientContext<'_>,
    checkout: &Checkout<'_>,
    checked: &Checked,
    place: &Path,
) -> Result<Dist, Error> {
    let note = |line: &str| context.progress.note(&format!("{}: {line}", checked.tag));
    note(&format!("checking {} out beside the work tree", checked.commit.short()));
    checkout.take(&checked.commit)?;
    let sources = checkout.sources();
    if let Some(file) = [WRAPPER, LICENSE].into_iter().find(|file| !sources.join(file).is_file()) {
        return Err(ClientError::NoClient { tag: checked.tag.clone(), file }.into());
    }
    let goreleaser = GoReleaser::new(&sources);
    // Before all that takes minutes.
    goreleaser.check()?;
    note("building the binaries for Linux");
    let linux = linux(checkout, checked)?;
    note("building the other binaries, archives and packages");
    goreleaser.make(&variables(context, checkout, checked, &linux)?)?;
    let dist = Dist::made(&sources.join("dist"))?;
    let found = binaries::check(&dist.binaries())?;
    binaries::check_archives(&dist.archives())?;
    for (architecture, binary) in ARCHITECTURES.iter().zip(found) {
        if digest_of(&binary.path)? != digest_of(&linux.join(format!("linux_{architecture}")))? {
            let platform = format!("linux/{architecture}");
            return Err(ClientError::Binary { platform, problem: "it is not what Bazel has built".to_owned() }.into());
        }
    }
    Ok(dist.keep(place, checked, &sources.join(LICENSE))?)
}

/// The folder with what Bazel has built.
fn linux(checkout: &Checkout<'_>, checked: &Checked) -> Result<PathBuf, Error> {
    let built = build::binaries(&checkout.bazel()?, &checked.tag)?;
    let folder = checkout.folder().join("linux");
    fs::create_dir_all(&folder).map_err(ClientError::at(&folder))?;
    for (architecture, file) in ARCHITECTURES.iter().zip(built) {
        let path = folder.join(format!("linux_{architecture}"));
        // Bazel's are read-only, and so is a former copy.
        build::checkout::remove(&path).map_err(ClientError::at(&path))?;
        fs::copy(&file, &path).map_err(ClientError::at(&file))?;
    }
    Ok(folder)
}

/// What GoReleaser is told: which version that is, with which one its changes begin, and what binaries are stamped with.
fn variables(
    context: ClientContext<'_>,
    checkout: &Checkout<'_>,
    checked: &Checked,
    linux: &Path,
) -> Result<Vec<(&'static str, OsString)>, Error> {
    let (repository, version) = (context.repository, checked.tag.version().to_string());
    // GoReleaser does nothing in a repository that has no remote.
    let origin = Slug::find(repository)?.ok_or(GitHubError::NoRepository)?;
    checkout.name_origin(&origin.url())?;
    // GoReleaser knows tags of one kind: those that are versions. The release's own is none, so it gets one that nobody else sees.
    checkout.tag(&version, &checked.commit)?;
    let before = releases::before(&repository.tags([CLI])?, &checked.tag);
    let previous = releases::bases(repository, &[before])?.pop().and_then(|found| found.base);
    let mut variables = vec![
        ("GORELEASER_CURRENT_TAG", OsString::from(&version)),
        ("UNKEY_VERSION", OsString::from(&version)),
        ("UNKEY_COMMIT", OsString::from(checked.commit.as_str())),
        ("UNKEY_COMMIT_TIME", OsString::from(time(context, checked)?)),
        ("UNKEY_LINUX_BINARIES", linux.as_os_str().to_owned()),
        ("CARGO_TARGET_DIR", checkout.folder().join("cargo").into_os_string()),
    ];
    if let Some(previous) = previous {
        let version = previous.tag.version().to_string();
        checkout.tag(&version, &previous.commit)?;
        variables.push(("GORELEASER_PREVIOUS_TAG", version.into()));
    }
    Ok(variables)
}

/// When the commit was made (RFC 3339), by the clock of Greenwich.
fn time(context: ClientContext<'_>, checked: &Checked) -> Result<String, GitError> {
    let seconds = context.repository.commit_time(&checked.commit)?;
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    Ok(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}
