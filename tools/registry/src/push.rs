//! The order of a push: guard, blobs, image manifests, index by digest, tags last, each read back.
//!
//! A tag never points at something incomplete and never moves; whatever is interrupted before the tag is found again by
//! the next run. All services are looked up before the first byte of any is sent. Then it is known which repository of a
//! registry has which blob, and no blob is sent to the same registry twice.

mod blobs;
pub(crate) mod holders;
pub(crate) mod report;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci_spec::image::Digest;
use terminal::progress::Progress;
use tokio::sync::Semaphore;

use self::blobs::Missing;
pub use self::blobs::verify_blob;
use self::holders::Holders;
use self::report::{PlatformSize, PushReport, TagOutcome, TagReport};
use crate::Error;
use crate::auth::{Actions, Scope};
use crate::client::{Registry, Session};
use crate::repository::{Arrival, Remote};
use http_client::RetryPolicy;
use oci::content::{Content, Image, JsonBlob};
use oci::reference::{Repository, Scheme};
use release_tag::Version;

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
    pub tags: Vec<Version>,
}

/// How to publish.
#[derive(Clone, Debug)]
pub struct PushOptions {
    /// Only read: say what would be sent.
    pub dry_run: bool,
    /// How many blobs, over all services, are looked for or sent at once.
    pub concurrency: usize,
    /// A repository of the same registry that may have the blobs already; those of this push are known anyway.
    pub mount_from: Option<Repository>,
    /// What is tried again.
    pub retry: RetryPolicy,
}

/// Publishes all services. One that fails does not stop the others; results come in the order of the requests.
pub async fn push(
    requests: &[PushRequest],
    options: &PushOptions,
    progress: &dyn Progress,
) -> Vec<Result<PushReport, Error>> {
    // Services of one registry share its connections, what it said about authorization, and what it has.
    let registries: Registries<'_> = requests
        .iter()
        .filter_map(|one| Some((key(&one.repository), Registry::new(&one.repository, &options.retry).ok()?)))
        .collect();
    let slots = Semaphore::new(options.concurrency.max(1));
    let surveys: Vec<Result<Survey<'_>, Error>> = stream::iter(requests)
        .map(async |request| Push::open(request, &registries, options, progress, &slots)?.survey().await)
        .buffered(options.concurrency.max(1))
        .collect()
        .await;
    stream::iter(surveys)
        .map(async |survey| survey?.publish().await)
        .buffered(options.concurrency.max(1))
        .collect()
        .await
}

/// Those whose client can be set up.
type Registries<'a> = HashMap<(Scheme, &'a str), Registry>;

fn key(repository: &Repository) -> (Scheme, &str) {
    (repository.scheme(), repository.host())
}

fn open_session<'a>(
    registry: &'a Registry,
    request: &'a PushRequest,
    options: &PushOptions,
    progress: &'a dyn Progress,
) -> Result<Session<'a>, Error> {
    let is_elsewhere = |source: &&Repository| source.host() != request.repository.host();
    if let Some(source) = options.mount_from.as_ref().filter(is_elsewhere) {
        let (repository, source_repository) = (request.repository.clone(), source.clone());
        return Err(Error::MountElsewhere { repository, source_repository });
    }
    let actions = if options.dry_run { Actions::Pull } else { Actions::PullAndPush };
    let scope = Scope::new(&request.repository, actions, None);
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

struct Push<'a> {
    request: &'a PushRequest,
    options: &'a PushOptions,
    progress: &'a dyn Progress,
    remote: Remote<'a>,
    holders: &'a Holders,
    slots: &'a Semaphore,
}

/// What is to be done for one service, known by reading alone.
struct Survey<'a> {
    push: Push<'a>,
    tags: Vec<(&'a Version, Guard)>,
    /// Nothing when every tag is in place.
    missing: Option<Vec<Missing<'a>>>,
    took: Duration,
}

impl<'a> Push<'a> {
    fn open(
        request: &'a PushRequest,
        registries: &'a Registries<'_>,
        options: &'a PushOptions,
        progress: &'a dyn Progress,
        slots: &'a Semaphore,
    ) -> Result<Self, Error> {
        let Some(registry) = registries.get(&key(&request.repository)) else {
            // Errors cannot be copied: it is made again for each service.
            let error = Registry::new(&request.repository, &options.retry).err();
            return Err(error.unwrap_or_else(|| Error::NotARegistry {
                registry: request.repository.host().to_owned(),
                reason: "its client could not be set up at first".to_owned(),
            }));
        };
        let session = open_session(registry, request, options, progress)?;
        let remote = Remote::new(session, &request.repository);
        Ok(Self { request, options, progress, remote, holders: registry.holders(), slots })
    }

    async fn survey(self) -> Result<Survey<'a>, Error> {
        let started = Instant::now();
        let request = self.request;
        let mut tags = Vec::new();
        for tag in &request.tags {
            tags.push((tag, self.guard(tag, self.remote.tag_digest(tag).await?)?));
        }
        let is_wanted = tags.is_empty() || tags.iter().any(|(_, guard)| *guard == Guard::Absent);
        let missing = if is_wanted {
            self.remote.ping().await?;
            Some(self.missing_blobs().await?)
        } else {
            // A tag is never incomplete, so all of this is there for others to mount.
            request.content.blobs().iter().for_each(|blob| self.holders.found(blob.digest(), &request.repository));
            None
        };
        Ok(Survey { push: self, tags, missing, took: started.elapsed() })
    }

    /// What was found at a tag; one that means something else ends the push before anything is written.
    fn guard(&self, tag: &Version, found: Option<Digest>) -> Result<Guard, Error> {
        let wanted = self.request.content.root().descriptor.digest();
        match Guard::judge(found, wanted) {
            Guard::Other(existing) => Err(Error::TagTaken {
                repository: self.request.repository.clone(),
                tag: tag.clone(),
                existing: Box::new(existing),
                wanted: Box::new(wanted.clone()),
            }),
            guard => Ok(guard),
        }
    }

    /// The manifests that the repository lacks, in the order to send them: what an index names, then the index.
    async fn missing_manifests(&self) -> Result<Vec<&JsonBlob>, Error> {
        let content = &self.request.content;
        let documents = content.manifests().chain(content.index());
        let found: Vec<Option<&JsonBlob>> = stream::iter(documents)
            .map(async |document| {
                let exists = self.remote.has_manifest(document.descriptor.digest()).await?;
                Ok::<_, Error>((!exists).then_some(document))
            })
            .buffered(self.options.concurrency.max(1))
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Sets a tag that was absent. Registries have no "create only", so it is looked at once more right before: that
    /// leaves a concurrent push of another image a moment instead of the whole upload.
    async fn set_tag(&self, tag: &Version) -> Result<(), Error> {
        let root = self.request.content.root();
        if self.guard(tag, self.remote.tag_content_digest(tag).await?)? == Guard::Absent {
            match self.remote.put_manifest(root, &tag.to_string()).await {
                Err(refusal) if refusal.is_refused_write() => return self.settle(tag, refusal).await,
                outcome => outcome?,
            }
        }
        self.remote.confirm_tag(tag, root).await
    }

    /// What the refusal of a tag comes to. A registry whose tags cannot be changed also refuses one that is right by now: an
    /// attempt whose answer was lost has set it, or another push of this image has.
    async fn settle(&self, tag: &Version, refusal: Error) -> Result<(), Error> {
        let Ok(found) = self.remote.tag_content_digest(tag).await else { return Err(refusal) };
        match self.guard(tag, found)? {
            Guard::Same => Ok(()),
            Guard::Absent | Guard::Other(_) => Err(refusal),
        }
    }
}

impl Survey<'_> {
    /// Does it, or for a dry run says what it comes to.
    async fn publish(self) -> Result<PushReport, Error> {
        let started = Instant::now();
        let push = &self.push;
        let mut report = self.report();
        if let Some(missing) = &self.missing {
            report.blobs_existing = push.request.content.blobs().len() - missing.len();
            if push.options.dry_run {
                report.blobs_sent = missing.len();
                report.bytes_missing = missing.iter().map(|one| one.blob.size()).sum();
                report.bytes_missing +=
                    push.missing_manifests().await?.iter().map(|one| one.descriptor.size()).sum::<u64>();
            } else {
                self.send(missing, &mut report).await?;
            }
        }
        report.bytes_sent = push.remote.bytes_sent();
        report.requests = push.remote.requests();
        let took = self.took + started.elapsed();
        report.milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Ok(report)
    }

    /// All that writes, in the one order that keeps every tag complete.
    async fn send(&self, missing: &[Missing<'_>], report: &mut PushReport) -> Result<(), Error> {
        let push = &self.push;
        let mut mounted = Vec::new();
        for (arrival, blob) in push.send_blobs(missing).await? {
            match arrival {
                Arrival::Sent => report.blobs_sent += 1,
                Arrival::Mounted => mounted.push(blob),
                Arrival::Present => report.blobs_existing += 1,
            }
        }
        report.blobs_mounted = mounted.len();
        for document in push.missing_manifests().await? {
            let name = document.descriptor.digest().as_ref();
            match push.remote.put_manifest(document, name).await {
                Err(error) if error.is_missing_blob() && !mounted.is_empty() => {
                    push.send_mounted(&mounted).await?;
                    report.blobs_sent += mounted.len();
                    report.blobs_mounted = 0;
                    mounted.clear();
                    push.remote.put_manifest(document, name).await?;
                }
                outcome => outcome?,
            }
        }
        for (tag, _) in self.tags.iter().filter(|(_, guard)| *guard == Guard::Absent) {
            push.set_tag(tag).await?;
        }
        Ok(())
    }

    fn report(&self) -> PushReport {
        let push = &self.push;
        let outcome = |guard: &Guard| match guard {
            Guard::Same => TagOutcome::Unchanged,
            _ if push.options.dry_run => TagOutcome::WouldPush,
            _ => TagOutcome::Pushed,
        };
        let content = &push.request.content;
        PushReport {
            service: push.request.service.clone(),
            repository: push.request.repository.clone(),
            digest: content.root().descriptor.digest().to_string(),
            tags: self
                .tags
                .iter()
                .map(|(tag, guard)| TagReport { tag: (*tag).clone(), outcome: outcome(guard) })
                .collect(),
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
