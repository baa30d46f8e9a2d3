//! The order of a push: guard, blobs, image manifests, index by digest, tags last, each read back.
//!
//! A tag never points at something incomplete and never moves; whatever is interrupted before the tag is found again by
//! the next run.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci_spec::image::{Descriptor, Digest};
use tokio::sync::Semaphore;

use super::auth::{Actions, Scope};
use super::client::{Registry, Session};
use super::error::RegistryError;
use super::report::{Outcome, PlatformSize, PushReport, TagReport};
use super::repository::{Arrival, Remote};
use super::retry::RetryPolicy;
use crate::content::{self, Content, Document, Image};
use crate::progress::Progress;
use crate::reference::{Repository, VersionTag};

/// One service to publish.
#[derive(Debug)]
pub struct PushRequest {
    /// Its name, for progress and reports.
    pub service: String,
    /// What is published.
    pub content: Content,
    /// Where to.
    pub repository: Repository,
    /// Under which tags; with none, the content is only sent.
    pub tags: Vec<VersionTag>,
}

/// How to publish.
#[derive(Clone, Debug)]
pub struct PushOptions {
    /// Only read: say what would be sent.
    pub dry_run: bool,
    /// How many blobs, over all services, are looked for or sent at once.
    pub concurrency: usize,
    /// A repository of the same registry that may have the blobs already.
    pub mount_from: Option<Repository>,
    /// What is tried again.
    pub retry: RetryPolicy,
}

/// Publishes all services. One that fails does not stop the others; results come in the order of the requests.
pub async fn push(
    requests: &[PushRequest],
    options: &PushOptions,
    progress: &dyn Progress,
) -> Vec<Result<PushReport, RegistryError>> {
    // Services of one registry share its connections and what it said about authorization.
    let registries: HashMap<&str, Registry> = requests
        .iter()
        .filter_map(|request| Some((request.repository.host(), Registry::new(&request.repository).ok()?)))
        .collect();
    let slots = Semaphore::new(options.concurrency.max(1));
    stream::iter(requests)
        .map(async |request| {
            let owned;
            let registry = if let Some(registry) = registries.get(request.repository.host()) {
                registry
            } else {
                // It failed above; its error is made again for each service.
                owned = Registry::new(&request.repository)?;
                &owned
            };
            let session = open_session(registry, request, options, progress)?;
            let remote = Remote::new(session, &request.repository);
            Push { request, options, progress, remote, slots: &slots }.run().await
        })
        .buffered(options.concurrency.max(1))
        .collect()
        .await
}

fn open_session<'a>(
    registry: &'a Registry,
    request: &'a PushRequest,
    options: &PushOptions,
    progress: &'a dyn Progress,
) -> Result<Session<'a>, RegistryError> {
    let mount_from = options.mount_from.as_ref();
    if let Some(source) = mount_from.filter(|source| source.host() != request.repository.host()) {
        let (repository, source_repository) = (request.repository.clone(), source.clone());
        return Err(RegistryError::MountElsewhere { repository, source_repository });
    }
    let actions = if options.dry_run { Actions::Pull } else { Actions::PullAndPush };
    let scope = Scope::new(&request.repository, actions, mount_from);
    Ok(Session::new(registry, &request.service, scope, options.retry, progress))
}

/// What the guard found at one tag.
#[derive(Debug, PartialEq, Eq)]
enum Guard {
    Absent,
    Same,
    Other(Digest),
}

impl Guard {
    fn judge(found: Option<Digest>, wanted: &Digest) -> Self {
        match found {
            None => Self::Absent,
            Some(digest) if digest == *wanted => Self::Same,
            Some(digest) => Self::Other(digest),
        }
    }
}

/// What has become of the blobs.
#[derive(Default)]
struct Blobs {
    sent: usize,
    mounted: usize,
}

struct Push<'a> {
    request: &'a PushRequest,
    options: &'a PushOptions,
    progress: &'a dyn Progress,
    remote: Remote<'a>,
    slots: &'a Semaphore,
}

impl Push<'_> {
    async fn run(&self) -> Result<PushReport, RegistryError> {
        let started = Instant::now();
        let mut tags = Vec::new();
        for tag in &self.request.tags {
            tags.push((tag, self.guard(tag).await?));
        }
        let mut report = self.report(&tags);
        if self.request.tags.is_empty() || tags.iter().any(|(_, guard)| *guard == Guard::Absent) {
            self.remote.ping().await?;
            let missing = self.missing_blobs().await?;
            report.blobs_existing = self.request.content.blobs().len() - missing.len();
            if self.options.dry_run {
                report.blobs_sent = missing.len();
                report.bytes_missing = missing.iter().map(|(blob, _)| blob.size()).sum();
                report.bytes_missing +=
                    self.missing_manifests().await?.iter().map(|one| one.descriptor.size()).sum::<u64>();
            } else {
                let blobs = self.send(&missing, &tags).await?;
                (report.blobs_sent, report.blobs_mounted) = (blobs.sent, blobs.mounted);
            }
        }
        report.bytes_sent = self.remote.bytes_sent();
        report.requests = self.remote.requests();
        report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(report)
    }

    /// Everything but the guard that writes, in the one order that keeps every tag complete.
    async fn send(
        &self,
        missing: &[(&Descriptor, PathBuf)],
        tags: &[(&VersionTag, Guard)],
    ) -> Result<Blobs, RegistryError> {
        let blobs = self.send_blobs(missing).await?;
        for document in self.missing_manifests().await? {
            self.remote.put_manifest(document, document.descriptor.digest().as_ref()).await?;
        }
        for (tag, _) in tags.iter().filter(|(_, guard)| *guard == Guard::Absent) {
            self.set_tag(tag).await?;
        }
        Ok(blobs)
    }

    /// Looks at a tag; one that means something else ends the push before anything is written.
    async fn guard(&self, tag: &VersionTag) -> Result<Guard, RegistryError> {
        let wanted = self.request.content.root().descriptor.digest();
        match Guard::judge(self.remote.tag_digest(tag).await?, wanted) {
            Guard::Other(existing) => Err(RegistryError::TagTaken {
                repository: self.request.repository.clone(),
                tag: tag.clone(),
                existing: Box::new(existing),
                wanted: Box::new(wanted.clone()),
            }),
            guard => Ok(guard),
        }
    }

    /// The blobs that the repository lacks, each compared with its digest before the first byte of any is sent.
    async fn missing_blobs(&self) -> Result<Vec<(&Descriptor, PathBuf)>, RegistryError> {
        let found: Vec<Option<(&Descriptor, PathBuf)>> = stream::iter(self.request.content.blobs())
            .map(async |blob| {
                let _slot = self.slots.acquire().await;
                if self.remote.has_blob(blob).await? {
                    return Ok(None);
                }
                let path = self.request.content.blob_path(blob)?;
                content::verify_blob_async(&path, blob).await?;
                Ok::<_, RegistryError>(Some((blob, path)))
            })
            .buffered(self.options.concurrency.max(1))
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn send_blobs(&self, missing: &[(&Descriptor, PathBuf)]) -> Result<Blobs, RegistryError> {
        let arrivals: Vec<Arrival> = stream::iter(missing)
            .map(async |(blob, path)| {
                let _slot = self.slots.acquire().await;
                let transfer = self.progress.start(&self.label(blob), blob.size());
                self.remote.put_blob(blob, path, self.options.mount_from.as_ref(), &transfer).await
            })
            .buffer_unordered(self.options.concurrency.max(1))
            .try_collect()
            .await?;
        let mounted = arrivals.iter().filter(|arrival| **arrival == Arrival::Mounted).count();
        Ok(Blobs { sent: arrivals.len() - mounted, mounted })
    }

    /// The manifests that the repository lacks, in the order to send them: what an index names, then the index.
    async fn missing_manifests(&self) -> Result<Vec<&Document>, RegistryError> {
        let content = &self.request.content;
        let documents = content.images().iter().map(|image| &image.document).chain(content.index());
        let found: Vec<Option<&Document>> = stream::iter(documents)
            .map(async |document| {
                let exists = self.remote.has_manifest(document.descriptor.digest()).await?;
                Ok::<_, RegistryError>((!exists).then_some(document))
            })
            .buffered(self.options.concurrency.max(1))
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Sets a tag that was absent. Registries have no "create only", so it is looked at once more right before: that
    /// leaves a concurrent push of another image a moment instead of the whole upload.
    async fn set_tag(&self, tag: &VersionTag) -> Result<(), RegistryError> {
        let root = self.request.content.root();
        if self.guard(tag).await? == Guard::Absent {
            self.remote.put_manifest(root, tag.as_str()).await?;
        }
        self.remote.confirm_tag(tag, root).await
    }

    fn label(&self, blob: &Descriptor) -> String {
        let hex = blob.digest().digest();
        format!("{}: {}", self.request.service, hex.get(..12).unwrap_or(hex))
    }

    fn report(&self, tags: &[(&VersionTag, Guard)]) -> PushReport {
        let outcome = |guard: &Guard| match guard {
            Guard::Same => Outcome::Unchanged,
            _ if self.options.dry_run => Outcome::WouldPush,
            _ => Outcome::Pushed,
        };
        let content = &self.request.content;
        PushReport {
            service: self.request.service.clone(),
            repository: self.request.repository.clone(),
            digest: content.root().descriptor.digest().to_string(),
            tags: tags.iter().map(|(tag, guard)| TagReport { tag: (*tag).clone(), outcome: outcome(guard) }).collect(),
            platforms: content.images().iter().map(platform_size).collect(),
            blobs_sent: 0,
            blobs_mounted: 0,
            blobs_existing: 0,
            bytes_sent: 0,
            bytes_missing: 0,
            requests: 0,
            milliseconds: 0,
        }
    }
}

fn platform_size(image: &Image) -> PlatformSize {
    PlatformSize {
        platform: image.platform.to_string(),
        digest: image.document.descriptor.digest().to_string(),
        bytes: image.size(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guard() {
        let [one, other] = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)).parse::<Digest>().unwrap());
        assert_eq!(Guard::judge(None, &one), Guard::Absent);
        assert_eq!(Guard::judge(Some(one.clone()), &one), Guard::Same);
        assert_eq!(Guard::judge(Some(other.clone()), &one), Guard::Other(other));
    }
}
