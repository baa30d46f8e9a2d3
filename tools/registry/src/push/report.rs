//! What a push did, for people and for machines.

use serde::Serialize;

use oci::reference::Repository;
use release_tag::Version;

/// One service's push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PushReport {
    /// The service.
    pub service: String,
    /// Where it was published.
    pub repository: Repository,
    /// What every tag points at: the index's digest, or the manifest's where there is no index.
    pub digest: String,
    /// All tags that were asked for, in order.
    pub tags: Vec<TagReport>,
    /// The images, in the order of the index.
    pub platforms: Vec<PlatformSize>,
    /// Blobs whose bytes were sent, or would be.
    pub blobs_sent: usize,
    /// Blobs that were taken from another repository.
    pub blobs_mounted: usize,
    /// Blobs that were there; none is counted when every tag was in place and no blob was asked for.
    pub blobs_existing: usize,
    /// Bytes of blobs and manifests that were sent.
    pub bytes_sent: u64,
    /// Bytes of blobs and manifests that a dry run would have sent at most.
    pub bytes_missing: u64,
    /// HTTP requests, those for tokens and failed attempts included.
    pub requests: u64,
    /// From the first request to the last answer.
    pub milliseconds: u64,
}

/// One tag of a push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TagReport {
    /// The tag.
    pub tag: Version,
    /// What happened to it.
    pub outcome: TagOutcome,
}

/// What happened to a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagOutcome {
    /// It is new.
    Pushed,
    /// It pointed at this image before.
    Unchanged,
    /// It would have been pushed.
    WouldPush,
}

/// How large one image is to a puller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlatformSize {
    /// Such as `linux/amd64`.
    pub platform: String,
    /// Of its manifest.
    pub digest: String,
    /// Compressed bytes of config and layers.
    pub bytes: u64,
}
