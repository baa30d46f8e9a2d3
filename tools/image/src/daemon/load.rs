//! The decisions of a load: nothing when the tag has the image, a new tag when only that is missing, and otherwise an archive
//! with the layers that the daemon lacks.

use std::path::PathBuf;
use std::time::Instant;

use bollard::models::ImageInspect;
use bollard::query_parameters::{ImportImageOptions, TagImageOptionsBuilder};
use futures_util::StreamExt as _;
use oci_spec::image::{Descriptor, ImageConfiguration};
use serde::Serialize;
use terminal::progress::Progress;

use super::archive::Archive;
use super::connect::Daemon;
use super::inventory;
use oci::content::{Content, Image};
use oci::platform::{self, Platform};
use oci::reference::LocalTag;

/// One image to load.
#[derive(Debug)]
pub struct LoadRequest {
    /// Its service, for progress and reports.
    pub service: String,
    /// The layout that it is in.
    pub content: Content,
    /// What it will be called.
    pub tag: LocalTag,
    /// The platform; without one, the daemon's own.
    pub platform: Option<Platform>,
}

/// What a load did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoadReport {
    /// The service.
    pub service: String,
    /// What it is called now.
    pub tag: String,
    /// The daemon's id of it: the config's digest, or the manifest's where containerd keeps the images.
    pub image_id: String,
    /// Which image of the layout it is.
    pub platform: String,
    /// What had to be done.
    pub outcome: LoadOutcome,
    /// Layers that were sent.
    pub layers_sent: usize,
    /// Layers that the daemon had.
    pub layers_existing: usize,
    /// Bytes of the archive's content.
    pub bytes_sent: u64,
    /// From the first request to the last answer.
    pub milliseconds: u64,
}

/// What a load had to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadOutcome {
    /// The tag had this image already.
    Unchanged,
    /// The image was there and got the tag.
    Tagged,
    /// The image was sent.
    Loaded,
}

/// Makes a tag of the daemon point at the layout's image for its platform, and checks that it does.
///
/// # Errors
/// When the layout has no such image or is broken, or when the daemon fails.
pub async fn load(daemon: &Daemon, request: &LoadRequest, progress: &dyn Progress) -> Result<LoadReport, crate::Error> {
    let started = Instant::now();
    let image = choose(request, daemon)?;
    let mut report = LoadReport {
        service: request.service.clone(),
        tag: request.tag.to_string(),
        image_id: String::new(),
        platform: image.platform.to_string(),
        outcome: LoadOutcome::Unchanged,
        layers_sent: 0,
        layers_existing: image.manifest.layers().len(),
        bytes_sent: 0,
        milliseconds: 0,
    };
    let diff_ids = diff_ids(request, image)?;
    let load = Load { daemon, request, progress, image, diff_ids };
    let found = load.find(&request.tag.to_string()).await;
    report.image_id = if let Some(id) = found {
        id
    } else {
        load.bring(&mut report).await?;
        load.confirm().await?
    };
    report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

fn choose<'a>(request: &'a LoadRequest, daemon: &Daemon) -> Result<&'a Image, crate::Error> {
    let wanted = request.platform.as_ref().unwrap_or(&daemon.platform);
    let images = request.content.images();
    platform::best(images, wanted, |image| image.platform.clone()).ok_or_else(|| crate::Error::NoImage {
        path: request.content.path().to_owned(),
        wanted: wanted.clone(),
        available: images.iter().map(|image| format!("`{}`", image.platform)).collect::<Vec<_>>().join(", "),
    })
}

struct Load<'a> {
    daemon: &'a Daemon,
    request: &'a LoadRequest,
    progress: &'a dyn Progress,
    image: &'a Image,
    diff_ids: Vec<String>,
}

/// The uncompressed digests of all layers, by which daemons know them.
fn diff_ids(request: &LoadRequest, image: &Image) -> Result<Vec<String>, crate::Error> {
    let digest = image.manifest.config().digest();
    let config: ImageConfiguration =
        serde_json::from_slice(&image.config.bytes).map_err(|source| oci::Error::Document {
            path: request.content.path().join("blobs/sha256").join(digest.digest()),
            what: "an image config",
            source: Box::new(source.into()),
        })?;
    let ids = config.rootfs().diff_ids().clone();
    // Where the two disagree nothing can be told about single layers; the daemon says what it thinks of it.
    Ok(if ids.len() == image.manifest.layers().len() { ids } else { Vec::new() })
}

impl Load<'_> {
    /// Whether an id is this image's: the config's digest in Docker's own store and podman's, the manifest's in
    /// containerd's. Both say the same about the content.
    fn is_expected(&self, id: &str) -> bool {
        self.ids().any(|expected| expected == id || expected.strip_prefix("sha256:") == Some(id))
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        [self.image.manifest.config().digest().as_ref(), self.image.document.descriptor.digest().as_ref()].into_iter()
    }

    /// The daemon's id of what has this name, where that is this image with all its layers. A daemon that does not say gets
    /// the image: what counts is that the tag can be read afterwards.
    async fn find(&self, name: &str) -> Option<String> {
        let found = self.daemon.inspect(name).await.ok().flatten().filter(|found| self.is_whole(found));
        found.and_then(|found| found.id).filter(|id| self.is_expected(id))
    }

    /// containerd's store keeps images that it could not unpack.
    fn is_whole(&self, found: &ImageInspect) -> bool {
        self.diff_ids.is_empty() || inventory::layers(found) == self.diff_ids
    }

    async fn confirm(&self) -> Result<String, crate::Error> {
        let tag = &self.request.tag;
        let found = self.daemon.inspect(&tag.to_string()).await?.unwrap_or_default();
        let is_whole = self.is_whole(&found);
        match found.id {
            Some(id) if self.is_expected(&id) && is_whole => Ok(id),
            Some(id) if self.is_expected(&id) => Err(crate::Error::NotUnpacked { tag: tag.clone() }),
            other => Err(crate::Error::UnexpectedImage {
                tag: tag.clone(),
                expected: self.image.manifest.config().digest().clone(),
                actual: other.unwrap_or_else(|| "none".to_owned()),
            }),
        }
    }

    async fn bring(&self, report: &mut LoadReport) -> Result<(), crate::Error> {
        for id in self.ids() {
            if self.find(id).await.is_some() {
                report.outcome = LoadOutcome::Tagged;
                return self.set_tag(id).await;
            }
        }
        report.outcome = LoadOutcome::Loaded;
        let known = self.daemon.known_layers(&self.diff_ids, &self.request.tag).await;
        let (skipped, bytes) = match self.send_part(known).await? {
            Some(bytes) => (known, bytes),
            None => (0, self.send(0).await?),
        };
        report.layers_existing = skipped;
        report.layers_sent = self.image.manifest.layers().len() - skipped;
        report.bytes_sent = bytes;
        Ok(())
    }

    async fn set_tag(&self, id: &str) -> Result<(), crate::Error> {
        let tag = &self.request.tag;
        let options = TagImageOptionsBuilder::default().repo(tag.repository()).tag(tag.tag()).build();
        let operation = || format!("tag image `{id}` as `{tag}`");
        let tagged = self.daemon.api.tag_image(id, Some(options)).await;
        tagged.map_err(|source| crate::Error::Daemon { operation: operation(), source })
    }

    /// Sends the image without its first `known` layers and says how many bytes went, or nothing when the daemon wants
    /// those layers after all: it may have lost one since.
    async fn send_part(&self, known: usize) -> Result<Option<u64>, crate::Error> {
        let complaint = match self.send(known).await {
            Ok(bytes) if known == 0 || self.find(&self.request.tag.to_string()).await.is_some() => {
                return Ok(Some(bytes));
            }
            Ok(_) => "the daemon lacks a layer that another image has".to_owned(),
            Err(crate::Error::Daemon { source, .. }) if known > 0 => source.to_string(),
            Err(error) => return Err(error),
        };
        self.progress.note(&format!("{}: {complaint}; sending all layers", self.request.service));
        Ok(None)
    }

    /// Sends the image without its first `known` layers; says how many bytes went.
    async fn send(&self, known: usize) -> Result<u64, crate::Error> {
        let tag = &self.request.tag;
        let layers = self.layers(known).await?;
        let archive = Archive::new(self.image, tag, &layers);
        let size = archive.size();
        let transfer = self.progress.start(&format!("{}: {tag}", self.request.service), size);
        let stream = archive.stream(std::sync::Arc::clone(&transfer));
        let mut answers =
            std::pin::pin!(self.daemon.api.import_image_stream(ImportImageOptions::default(), stream, None));
        while let Some(answer) = answers.next().await {
            answer.map_err(|source| crate::Error::Daemon { operation: format!("load `{tag}`"), source })?;
        }
        transfer.finish();
        Ok(size)
    }

    /// The layers from `known` on, each compared with its digest.
    async fn layers(&self, known: usize) -> Result<Vec<(&Descriptor, PathBuf)>, crate::Error> {
        let mut layers = Vec::new();
        for layer in self.image.manifest.layers().iter().skip(known) {
            let path = self.request.content.layer_path(layer)?;
            registry::verify_blob(&path, layer).await?;
            layers.push((layer, path));
        }
        Ok(layers)
    }
}
