//! What a registry has under a tag. Only reads.

use std::collections::BTreeMap;

use oci_spec::image::{Descriptor, Digest, ImageConfiguration, ImageIndex, ImageManifest};
use serde::de::DeserializeOwned;
use terminal::progress::Progress;

use crate::Error;
use crate::auth::{Actions, Scope};
use crate::client::{Registry, Session};
use crate::push::report::PlatformSize;
use crate::repository::{Kind, Remote};
use http_client::RetryPolicy;
use oci::reference::Repository;
use release_tag::Version;

/// A multi-arch image as a registry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedImage {
    /// Of the index.
    pub digest: Digest,
    /// The images, in the order of the index.
    pub platforms: Vec<PlatformSize>,
    /// Of the first image's config; those of the others are not asked for.
    pub labels: BTreeMap<String, String>,
}

/// The digest that a tag points at; nothing where the tag does not exist.
///
/// # Errors
/// When the registry gives no clear answer.
pub async fn resolve(
    repository: &Repository,
    tag: &Version,
    policy: &RetryPolicy,
    progress: &dyn Progress,
) -> Result<Option<Digest>, Error> {
    let registry = Registry::new(repository, policy)?;
    remote(&registry, repository, policy, progress).tag_digest(tag).await
}

/// The image index that a tag points at; nothing where the tag does not exist.
///
/// # Errors
/// When the registry gives no clear answer, or has something else under the tag.
pub async fn lookup(
    repository: &Repository,
    tag: &Version,
    policy: &RetryPolicy,
    progress: &dyn Progress,
) -> Result<Option<PublishedImage>, Error> {
    let registry = Registry::new(repository, policy)?;
    let remote = remote(&registry, repository, policy, progress);
    let Some(digest) = remote.tag_digest(tag).await? else { return Ok(None) };
    let bytes = remote.read_manifest(digest.as_ref(), &format!("read the index of tag `{tag}`")).await?;
    if oci::digest::of_bytes(&bytes) != digest {
        return Err(remote.not_a_registry(format!("the content of tag `{tag}` has another digest than it says")));
    }
    let index: ImageIndex = parse(&remote, &bytes, || format!("tag `{tag}` is no image index"))?;
    let mut image = PublishedImage { digest, platforms: Vec::new(), labels: BTreeMap::new() };
    for descriptor in index.manifests() {
        let bytes = remote.read_document(descriptor, Kind::Manifest).await?;
        let what = || format!("manifest `{}` is no image manifest", descriptor.digest());
        let manifest: ImageManifest = parse(&remote, &bytes, what)?;
        if image.platforms.is_empty() {
            image.labels = labels(&remote, manifest.config()).await?;
        }
        image.platforms.push(platform(descriptor, &manifest));
    }
    Ok(Some(image))
}

fn remote<'a>(
    registry: &'a Registry,
    repository: &'a Repository,
    policy: &RetryPolicy,
    progress: &'a dyn Progress,
) -> Remote<'a> {
    let scope = Scope::new(repository, Actions::Pull, None);
    Remote::new(Session::new(registry, repository.path(), scope, *policy, progress), repository)
}

async fn labels(remote: &Remote<'_>, config: &Descriptor) -> Result<BTreeMap<String, String>, Error> {
    let bytes = remote.read_document(config, Kind::Blob).await?;
    let parsed: ImageConfiguration =
        parse(remote, &bytes, || format!("blob `{}` is no image config", config.digest()))?;
    let labels = parsed.config().as_ref().and_then(|config| config.labels().clone());
    Ok(labels.unwrap_or_default().into_iter().collect())
}

fn platform(descriptor: &Descriptor, manifest: &ImageManifest) -> PlatformSize {
    let platform = descriptor.platform().as_ref().map(oci::platform::of_index);
    let blobs = std::iter::once(manifest.config()).chain(manifest.layers());
    PlatformSize {
        platform: platform.unwrap_or_default(),
        digest: descriptor.digest().to_string(),
        bytes: blobs.map(Descriptor::size).fold(0, u64::saturating_add),
    }
}

fn parse<T: DeserializeOwned>(remote: &Remote<'_>, bytes: &[u8], what: impl FnOnce() -> String) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| remote.not_a_registry(format!("{}: {error}", what())))
}
