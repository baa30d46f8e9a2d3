//! What a layout's `index.json` leads to: indexes, image manifests and their configs, read and verified.
//!
//! What cannot be read is part of the tree as an error, so that `check` can go on and report everything at once.
//! Layers are only named here, never opened. The walk is bounded in depth, in manifests, and in bytes and values of JSON.

use oci_spec::image::{Descriptor, ImageConfiguration, ImageIndex, ImageManifest, MediaType};
use serde::de::DeserializeOwned;

use crate::Error;
use crate::document::DocumentKind;
use crate::layout::{self, Layout, VALUE_LIMIT};

/// How deep indexes may stand in indexes; `index.json` itself does not count. Publishing tools write one level.
pub(crate) const DEPTH_LIMIT: usize = 4;
/// How many manifests and indexes a layout may lead to.
pub(crate) const NODE_LIMIT: usize = 1000;
/// How many bytes of JSON a layout may lead to, `index.json` aside.
pub(crate) const JSON_BUDGET: u64 = 8 * 1024 * 1024;

/// A descriptor in an index and what it leads to.
#[derive(Debug)]
pub struct Node {
    /// As it stands in the index.
    pub descriptor: Descriptor,
    /// What it leads to.
    pub content: NodeContent,
}

/// What a descriptor in an index can lead to.
#[derive(Debug)]
pub enum NodeContent {
    /// An image index, with its own descriptors followed.
    Index(Box<ImageIndex>, Vec<Node>),
    /// A runnable image.
    Image(Box<ImageNode>),
    /// A manifest that is no image: a signature, an SBOM, an attestation.
    Artifact(Box<ImageManifest>),
    /// The media type is neither that of a manifest nor that of an index.
    Unknown,
    /// It could not be read.
    Unreadable(Error),
}

/// An image manifest with its config.
#[derive(Debug)]
pub struct ImageNode {
    /// The manifest.
    pub manifest: ImageManifest,
    /// The config, or why it could not be read.
    pub config: Result<ImageConfiguration, Error>,
}

/// Follows every descriptor in `index.json`.
#[must_use]
pub fn read(layout: &Layout) -> Vec<Node> {
    let mut walk = Walk { layout, nodes: 0, json: 0, values: 0 };
    walk.follow(layout.index().manifests(), 0)
}

/// Whether a descriptor's media type is an image manifest, OCI's or Docker's.
#[must_use]
fn is_manifest(media_type: &MediaType) -> bool {
    *media_type == MediaType::ImageManifest
        || media_type.as_ref() == "application/vnd.docker.distribution.manifest.v2+json"
}

/// Whether a config descriptor's media type is an image's, OCI's or Docker's; other manifests are artifacts.
#[must_use]
fn is_config(media_type: &MediaType) -> bool {
    *media_type == MediaType::ImageConfig || media_type.as_ref() == "application/vnd.docker.container.image.v1+json"
}

/// What `BuildKit` writes beside an image is no image, though its config may say so: it is for the platform
/// `unknown/unknown`, is named an attestation in the index, or holds statements of in-toto in the place of layers.
const ATTESTATION: &str = "vnd.docker.reference.type";
const ATTESTATION_TYPE: &str = "application/vnd.docker.attestation.manifest.v1+json";
const STATEMENT: &str = "application/vnd.in-toto+json";

/// Whether a manifest is one that nobody runs: an SBOM, a signature, an attestation.
#[must_use]
pub(crate) fn is_artifact(descriptor: &Descriptor, manifest: &ImageManifest) -> bool {
    let is_named = descriptor.annotations().as_ref().is_some_and(|annotations| annotations.contains_key(ATTESTATION));
    let is_typed = manifest.artifact_type().as_ref().is_some_and(|kind| kind.as_ref() == ATTESTATION_TYPE);
    let is_for_none = descriptor.platform().as_ref().is_some_and(|platform| {
        platform.os().to_string() == "unknown" && platform.architecture().to_string() == "unknown"
    });
    let mut layers = manifest.layers().iter();
    let is_statements = !manifest.layers().is_empty() && layers.all(|layer| layer.media_type().as_ref() == STATEMENT);
    !is_config(manifest.config().media_type()) || is_named || is_typed || is_for_none || is_statements
}

/// What a manifest that nobody runs is: its own word for it, and otherwise what it holds.
#[must_use]
pub fn artifact_kind(manifest: &ImageManifest) -> &str {
    let own = manifest.artifact_type().as_ref().or_else(|| Some(manifest.config().media_type()));
    let layer = || manifest.layers().first().map(Descriptor::media_type);
    let kind = own.filter(|kind| !is_config(kind)).or_else(layer);
    kind.unwrap_or(manifest.config().media_type()).as_ref()
}

struct Walk<'a> {
    layout: &'a Layout,
    nodes: usize,
    json: u64,
    values: usize,
}

impl Walk<'_> {
    fn follow(&mut self, descriptors: &[Descriptor], depth: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        for descriptor in descriptors {
            self.nodes += 1;
            let over = self.nodes > NODE_LIMIT;
            let content =
                if over { NodeContent::Unreadable(Error::TreeTooLarge) } else { self.read(descriptor, depth) };
            nodes.push(Node { descriptor: descriptor.clone(), content });
            if over {
                break;
            }
        }
        nodes
    }

    fn read(&mut self, descriptor: &Descriptor, depth: usize) -> NodeContent {
        let content = if layout::is_index(descriptor.media_type()) {
            self.index(descriptor, depth)
        } else if is_manifest(descriptor.media_type()) {
            self.manifest(descriptor)
        } else {
            Ok(NodeContent::Unknown)
        };
        content.unwrap_or_else(NodeContent::Unreadable)
    }

    fn index(&mut self, descriptor: &Descriptor, depth: usize) -> Result<NodeContent, Error> {
        if depth == DEPTH_LIMIT {
            return Err(Error::TreeTooDeep);
        }
        let index: ImageIndex = self.json(descriptor, DocumentKind::Index)?;
        let nodes = self.follow(index.manifests(), depth + 1);
        Ok(NodeContent::Index(Box::new(index), nodes))
    }

    fn manifest(&mut self, descriptor: &Descriptor) -> Result<NodeContent, Error> {
        let manifest: ImageManifest = self.json(descriptor, DocumentKind::Manifest)?;
        if is_artifact(descriptor, &manifest) {
            return Ok(NodeContent::Artifact(Box::new(manifest)));
        }
        let config = self.json(manifest.config(), DocumentKind::Config);
        Ok(NodeContent::Image(Box::new(ImageNode { manifest, config })))
    }

    fn json<T: DeserializeOwned>(&mut self, descriptor: &Descriptor, document: DocumentKind) -> Result<T, Error> {
        self.json = self.json.saturating_add(descriptor.size());
        if self.json > JSON_BUDGET && descriptor.size() <= layout::JSON_LIMIT {
            return Err(Error::TreeTooLarge);
        }
        let bytes = self.layout.read_blob(descriptor)?;
        let values = layout::count_values(&bytes);
        self.values = self.values.saturating_add(values);
        if self.values > VALUE_LIMIT && values <= VALUE_LIMIT {
            return Err(Error::TreeTooLarge);
        }
        self.layout.parse_json(descriptor, &bytes, document)
    }
}
