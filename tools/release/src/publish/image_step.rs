//! The image of a tag in the registry: pushed behind its guard, or found where it is.

use std::collections::BTreeMap;
use std::path::Path;

use oci::content::Content;
use oci::reference::Repository;
use oci_spec::image::ImageConfiguration;
use registry::{self, PublishedImage, PushOptions, PushReport, PushRequest, RetryPolicy, TagOutcome};
use terminal::progress::Progress;

use super::{Candidate, ImageState, PublishContext, PublishRequest, Step};
use crate::check::Checked;
use crate::error::Error;
use crate::notes::{ImageReport, PlatformReport};

/// How many blobs travel at once, over all services.
const CONCURRENCY: usize = 4;

/// Labels that a stamped build fills in (image-spec, "Pre-Defined Annotation Keys").
const VERSION: &str = "org.opencontainers.image.version";
const REVISION: &str = "org.opencontainers.image.revision";

/// Where the images of services go, by the services' names.
type Places = BTreeMap<String, Repository>;

/// Pushes what was built, all side by side. What was not built has its error already.
pub(super) async fn push_all(
    context: PublishContext<'_>,
    request: &PublishRequest,
    places: &Places,
    candidates: &mut [&mut Candidate],
) {
    let mut requests = Vec::new();
    let mut waiting = Vec::new();
    for candidate in candidates {
        let Some(layout) = &candidate.built else { continue };
        match prepare(&candidate.checked, layout, places) {
            Ok(push) => {
                requests.push(push);
                waiting.push(candidate);
            }
            Err(error) => candidate.image = Step::Failed(error),
        }
    }
    let options =
        PushOptions { dry_run: request.dry_run, concurrency: CONCURRENCY, mount_from: None, retry: context.retry };
    let results = registry::push(&requests, &options, context.progress).await;
    for (candidate, result) in waiting.into_iter().zip(results) {
        candidate.image = Step::of(result.map(state));
    }
}

fn prepare(checked: &Checked, layout: &Path, places: &Places) -> Result<PushRequest, Error> {
    let content = Content::open(layout)?;
    for image in content.images() {
        let config: ImageConfiguration = serde_json::from_slice(&image.config.bytes).unwrap_or_default();
        let labels = config.config().as_ref().and_then(|config| config.labels().clone());
        refuse_other(&labels.unwrap_or_default().into_iter().collect(), checked)?;
    }
    let service = checked.tag.service().to_string();
    let (repository, tags) = (places[&service].clone(), vec![checked.tag.version().clone()]);
    Ok(PushRequest { service, content, repository, tags })
}

/// An image that says that it is another version or another commit is not the tag's, whatever it is.
fn refuse_other(labels: &BTreeMap<String, String>, checked: &Checked) -> Result<(), Error> {
    for (label, expected) in [(VERSION, checked.tag.version().to_string()), (REVISION, checked.commit.to_string())] {
        let actual = labels.get(label).cloned().unwrap_or_default();
        if actual != expected {
            return Err(Error::Label { tag: Box::new(checked.tag.clone()), label, actual, expected });
        }
    }
    Ok(())
}

/// Finds the images that an earlier run has pushed.
pub(super) async fn find_all(context: PublishContext<'_>, places: &Places, candidates: &mut [&mut Candidate]) {
    for candidate in candidates {
        let repository = &places[candidate.checked.tag.service().as_str()];
        let found = find_image(&candidate.checked, repository, &context.retry, context.progress).await;
        candidate.image = Step::of(found.map(|image| ImageState {
            report: found_report(repository, image),
            word: "unchanged",
            bytes_sent: 0,
        }));
    }
}

/// The image that a tag was published as.
///
/// # Errors
/// When there is none, when it is another tag's, or when the registry gives no clear answer.
pub async fn find_image(
    checked: &Checked,
    repository: &Repository,
    retry: &RetryPolicy,
    progress: &dyn Progress,
) -> Result<PublishedImage, Error> {
    let Some(image) = registry::lookup(repository, checked.tag.version(), retry, progress).await? else {
        return Err(Error::Unpublished { repository: repository.clone(), tag: Box::new(checked.tag.clone()) });
    };
    refuse_other(&image.labels, checked)?;
    Ok(image)
}

fn found_report(repository: &Repository, image: PublishedImage) -> ImageReport {
    ImageReport {
        repository: repository.to_string(),
        digest: image.digest.to_string(),
        platforms: image.platforms.into_iter().map(platform).collect(),
    }
}

fn state(report: PushReport) -> ImageState {
    let word = match report.tags.first().map(|tag| tag.outcome) {
        Some(TagOutcome::Pushed) => "pushed",
        Some(TagOutcome::WouldPush) => "would be pushed",
        Some(TagOutcome::Unchanged) | None => "unchanged",
    };
    let platforms = report.platforms.into_iter().map(platform).collect();
    let (repository, digest) = (report.repository.to_string(), report.digest);
    ImageState { report: ImageReport { repository, digest, platforms }, word, bytes_sent: report.bytes_sent }
}

fn platform(size: registry::PlatformSize) -> PlatformReport {
    PlatformReport { platform: size.platform, digest: size.digest, bytes: size.bytes }
}
