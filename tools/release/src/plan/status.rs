//! Where every service stands: its last release, and what main has since that can change it.

use std::collections::BTreeMap;

use oci::reference::Repository as ImageRepository;
use registry::{self, RetryPolicy};
use release_tag::{ServiceName, Tag, Version};
use serde::Serialize;
use services::{CLI, Services};
use terminal::Diagnostic as _;
use terminal::printable::chain;
use terminal::progress::Progress;

use crate::build::closure::Closures;
use crate::build::closure::changes::{self, Detail, Span};
use crate::error::Error;
use crate::git::{ObjectId, Repository};
use crate::github::{GitHub, GitHubError};
use crate::plan::releases::{self, Found};

/// Where one service stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The service.
    pub service: String,
    /// Its last stable version that is a commit.
    pub last: Option<Version>,
    /// The commit of that.
    pub commit: Option<ObjectId>,
    /// Whether main has anything since that can change it; nothing where there is no release.
    pub identical: Option<bool>,
    /// How many commits of main since then can have changed it.
    pub changes: usize,
    /// The image of the last release in the registry, of the client its release on GitHub; nothing where that was not asked.
    pub image: Option<ImageState>,
    /// Higher versions that nothing can be compared with, because their tags do not point at commits.
    pub broken: Vec<Tag>,
}

/// Whether a registry has an image, or GitHub a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum ImageState {
    /// It does.
    Published {
        /// Of the index.
        digest: String,
    },
    /// GitHub does.
    Released {
        /// Where people read it.
        url: String,
    },
    /// It does not.
    Missing,
    /// It gives no clear answer.
    Unknown {
        /// Why, with its causes.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// Asks the registry for the image of each last release, in the repositories of the services by their names. What it does not
/// answer is no error: the rest still helps.
pub async fn ask_registry(
    statuses: &mut [Status],
    places: &BTreeMap<String, ImageRepository>,
    retry: &RetryPolicy,
    progress: &dyn Progress,
) {
    for status in statuses {
        let (Some(version), Some(place)) = (&status.last, places.get(&status.service)) else { continue };
        let found = registry::resolve(place, version, retry, progress).await;
        status.image = Some(match found {
            Ok(Some(digest)) => ImageState::Published { digest: digest.to_string() },
            Ok(None) => ImageState::Missing,
            Err(error) => ImageState::Unknown { reason: chain(&error), hint: error.hint() },
        });
    }
}

/// Asks GitHub for the client's last release. `github` may be what kept it from being found.
pub async fn ask_github(statuses: &mut [Status], github: Result<GitHub, GitHubError>) {
    let client = statuses.iter_mut().find(|status| status.service == CLI);
    let Some((client, version)) = client.and_then(|client| client.last.clone().map(|version| (client, version))) else {
        return;
    };
    let published = async {
        let tag = ServiceName::parse(CLI).map(|name| Tag::new(name, version))?;
        Ok::<_, Error>(github?.published(&tag).await?)
    };
    client.image = Some(match published.await {
        Ok(Some(release)) => ImageState::Released { url: release.html_url },
        Ok(None) => ImageState::Missing,
        Err(error) => ImageState::Unknown { reason: chain(&error), hint: error.hint() },
    });
}

/// Finds out where all services stand, compared to origin's main as this clone last saw it.
///
/// # Errors
/// When git or Bazel cannot tell.
pub fn of_all(repository: &Repository, services: &Services, closures: &dyn Closures) -> Result<Vec<Status>, Error> {
    let tags = repository.tags(services.names().iter().map(String::as_str))?;
    let main = repository.main()?;
    let lists: Vec<Vec<Tag>> = services.names().iter().map(|service| releases::stable(&tags, service)).collect();
    let last = releases::bases(repository, &lists)?;
    let bases = last.iter().filter_map(|found| found.base.as_ref());
    let spans: Vec<Span> =
        bases.map(|base| Span { service: base.tag.service().as_str(), old: &base.commit, new: &main }).collect();
    let changes = changes::between(repository, closures, &spans, Detail::Commits)?;
    let status = |(service, last): (&String, &Found)| {
        let found = changes.get(service);
        Status {
            service: service.clone(),
            last: last.base.as_ref().map(|base| base.tag.version().clone()),
            commit: last.base.as_ref().map(|base| base.commit.clone()),
            identical: found.map(|found| found.is_identical),
            changes: found.map_or(0, |found| found.commits.len()),
            image: None,
            broken: last.broken.clone(),
        }
    };
    Ok(services.names().iter().zip(&last).map(status).collect())
}
