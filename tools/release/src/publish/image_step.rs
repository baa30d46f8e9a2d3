//! The image of a tag in the registry: pushed behind its guard, or found where it is.

use std::collections::BTreeMap;

use oci::content::Content;
use oci::reference::Repository;
use oci_spec::image::ImageConfiguration;
use registry::{self, Outcome as TagOutcome, PublishedImage, PushOptions, PushReport, PushRequest, RetryPolicy};
use terminal::progress::Progress;

use super::error::LabelError;
use super::{Candidate, ImageState, Outcome, PublishError, PublishRequest, World};
use crate::check::Checked;
use crate::notes::{ImageReport, PlatformReport};

/// How many blobs travel at once, over all services.
const CONCURRENCY: usize = 4;

/// Labels that a stamped build fills in (image-spec, "Pre-Defined Annotation Keys").
const VERSION: &str = "org.opencontainers.image.version";
const REVISION: &str = "org.opencontainers.image.revision";

/// Pushes what was built, all side by side.
pub(super) async fn push_all(
    world: World<'_>,
    request: &PublishRequest,
    candidates: impl Iterator<Item = &mut Candidate>,
) {
    let mut requests = Vec::new();
    let mut waiting = Vec::new();
    for candidate in candidates {
        match prepare(candidate, request) {
            None => {}
            Some(Ok(push)) => {
                requests.push(push);
                waiting.push(candidate);
            }
            Some(Err(error)) => candidate.image = Outcome::Failed(error),
        }
    }
    let options =
        PushOptions { dry_run: request.dry_run, concurrency: CONCURRENCY, mount_from: None, retry: world.retry };
    let results = registry::push(&requests, &options, world.progress).await;
    for (candidate, result) in waiting.into_iter().zip(results) {
        candidate.image = match result {
            Ok(report) => Outcome::Done(state(report)),
            Err(error) => Outcome::Failed(error.into()),
        };
    }
}

/// Nothing for what was not built, which has its error already.
fn prepare(candidate: &Candidate, request: &PublishRequest) -> Option<Result<PushRequest, PublishError>> {
    let service = candidate.built.as_ref()?;
    let prepare = || {
        let content = Content::open(&service.layout)?;
        for image in content.images() {
            let config: ImageConfiguration = serde_json::from_slice(&image.config.bytes).unwrap_or_default();
            let labels = config.config().as_ref().and_then(|config| config.labels().clone());
            refuse_other(&labels.unwrap_or_default().into_iter().collect(), &candidate.checked)?;
        }
        let repository = repository(&service.repository, request.registry.as_deref())?;
        let tags = vec![candidate.checked.version.to_string().parse()?];
        Ok(PushRequest { service: service.service.clone(), content, repository, tags })
    };
    Some(prepare())
}

/// Where images of a service go: its own repository, or that below another registry.
///
/// # Errors
/// When either name is none.
pub fn repository(own: &str, registry: Option<&str>) -> Result<Repository, oci::Error> {
    let repository: Repository = own.parse()?;
    Ok(match registry {
        Some(registry) => repository.under(registry)?,
        None => repository,
    })
}

/// An image that says that it is another version or another commit is not the tag's, whatever it is.
fn refuse_other(labels: &BTreeMap<String, String>, checked: &Checked) -> Result<(), PublishError> {
    for (label, expected) in [(VERSION, checked.version.to_string()), (REVISION, checked.commit.to_string())] {
        let actual = labels.get(label).cloned().unwrap_or_default();
        if actual != expected {
            return Err(Box::new(LabelError { tag: checked.tag.clone(), label, actual, expected }).into());
        }
    }
    Ok(())
}

/// Finds the images that an earlier run has pushed.
pub(super) async fn find_all(world: World<'_>, request: &PublishRequest, candidates: &mut [Candidate]) {
    for candidate in candidates {
        candidate.image = match find(world, request, &candidate.checked).await {
            Ok(state) => Outcome::Done(state),
            Err(error) => Outcome::Failed(error),
        };
    }
}

async fn find(world: World<'_>, request: &PublishRequest, checked: &Checked) -> Result<ImageState, PublishError> {
    let (repository, image) = find_image(checked, request.registry.as_deref(), &world.retry, world.progress).await?;
    Ok(ImageState { report: found(&repository, image), word: "unchanged", bytes_sent: 0 })
}

/// The image that a tag was published as, and the repository that it is in.
///
/// # Errors
/// When there is none, when it is another tag's, or when the registry gives no clear answer.
pub async fn find_image(
    checked: &Checked,
    registry: Option<&str>,
    retry: &RetryPolicy,
    progress: &dyn Progress,
) -> Result<(Repository, PublishedImage), PublishError> {
    let repository = repository(&crate::image_name::repository(checked.tag.service()), registry)?;
    let tag = checked.version.to_string().parse()?;
    let Some(image) = registry::lookup(&repository, &tag, retry, progress).await? else {
        return Err(PublishError::NoImage { repository, tag: checked.tag.clone() });
    };
    refuse_other(&image.labels, checked)?;
    Ok((repository, image))
}

fn found(repository: &Repository, image: PublishedImage) -> ImageReport {
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
