//! What is in a layout, for people and for scripts: platforms, configs, layers, sizes, digests.
//!
//! Shows what is there, sound or not; whether that is right is `check`'s business. The field names of the types are
//! the interface of `image inspect --json`: new ones may come, none goes away.

mod layer;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use oci_spec::image::{Config, Descriptor, ImageConfiguration, ImageManifest};
use serde::Serialize;

pub use self::layer::LayerSummary;
pub use self::text::render;

use crate::check::Layers;
use oci::layout::Layout;
use oci::platform;
use oci::tree::{self, ImageNode, Node, NodeContent};

/// A layout.
#[derive(Debug, Serialize)]
pub struct Inspection {
    /// The folder, as given.
    pub layout: String,
    /// What `index.json` names, in its order.
    pub manifests: Vec<Part>,
}

/// What a descriptor leads to.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Part {
    /// An image index.
    Index(IndexSummary),
    /// An image.
    Image(Box<ImageSummary>),
    /// A manifest that is no image.
    Artifact(ArtifactSummary),
    /// Something that cannot be read.
    Unreadable(UnreadableSummary),
}

/// What all descriptors have.
#[derive(Debug, Serialize)]
pub struct Reference {
    /// From the descriptor.
    pub media_type: String,
    /// Of the blob.
    pub digest: String,
    /// Bytes of the blob.
    pub size: u64,
    /// The descriptor's annotations, such as the tag.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub descriptor_annotations: BTreeMap<String, String>,
}

/// An image index.
#[derive(Debug, Serialize)]
pub struct IndexSummary {
    /// Which blob it is.
    #[serde(flatten)]
    pub reference: Reference,
    /// The index's own annotations.
    pub annotations: BTreeMap<String, String>,
    /// What it names, in its order.
    pub manifests: Vec<Part>,
}

/// An image.
#[derive(Debug, Serialize)]
pub struct ImageSummary {
    /// Which blob the manifest is.
    #[serde(flatten)]
    pub reference: Reference,
    /// `os/architecture[/variant]` as the config says.
    pub platform: String,
    /// The same as the index says; nothing if it does not.
    pub declared_platform: Option<String>,
    /// The manifest's annotations.
    pub annotations: BTreeMap<String, String>,
    /// What a container gets.
    pub config: ConfigSummary,
    /// From the base up.
    pub layers: Vec<LayerSummary>,
    /// Bytes that a registry holds: manifest, config and layers.
    pub total_size: u64,
    /// Bytes of all layers decompressed; nothing if one cannot be read.
    pub total_uncompressed_size: Option<u64>,
}

/// An image's config.
#[derive(Debug, Serialize)]
pub struct ConfigSummary {
    /// Which blob it is.
    #[serde(flatten)]
    pub reference: Reference,
    /// RFC 3339, as it stands there.
    pub created: Option<String>,
    /// As it stands there, `65532` or `user:group`.
    pub user: Option<String>,
    /// Where the container starts.
    pub working_dir: Option<String>,
    /// What it starts.
    pub entrypoint: Vec<String>,
    /// Default arguments.
    pub cmd: Vec<String>,
    /// `KEY=VALUE` each.
    pub env: Vec<String>,
    /// By key.
    pub labels: BTreeMap<String, String>,
    /// `8080/tcp` each, sorted.
    pub ports: Vec<String>,
    /// Paths, sorted.
    pub volumes: Vec<String>,
    /// The signal that ends the container, if not SIGTERM.
    pub stop_signal: Option<String>,
}

/// A manifest that is no image: a signature, an SBOM, an attestation.
#[derive(Debug, Serialize)]
pub struct ArtifactSummary {
    /// Which blob the manifest is.
    #[serde(flatten)]
    pub reference: Reference,
    /// What it is.
    pub artifact_type: String,
    /// Its blobs.
    pub blobs: Vec<Reference>,
}

/// Something that cannot be read.
#[derive(Debug, Serialize)]
pub struct UnreadableSummary {
    /// Which blob it should be.
    #[serde(flatten)]
    pub reference: Reference,
    /// Why not.
    pub error: String,
}

impl Inspection {
    /// How many manifests, indexes, configs or layers cannot be read or are not what they should be.
    #[must_use]
    pub fn problems(&self) -> usize {
        count_problems(&self.manifests)
    }
}

/// Looks into the layout in `path`, layers included.
///
/// # Errors
/// When it cannot be opened. What cannot be read inside is in the result.
pub fn inspect(path: &Path) -> Result<Inspection, oci::Error> {
    let layout = Layout::open(path)?;
    let nodes = tree::read(&layout);
    let mut layers = Layers::new(&layout, None);
    let manifests = nodes.iter().map(|node| part(node, &mut layers)).collect();
    Ok(Inspection { layout: path.display().to_string(), manifests })
}

fn part(node: &Node, layers: &mut Layers<'_>) -> Part {
    let reference = Reference::of(&node.descriptor);
    let unreadable = |reference, error: &dyn std::error::Error| {
        Part::Unreadable(UnreadableSummary { reference, error: terminal::chain(error) })
    };
    match &node.content {
        NodeContent::Index(index, children) => Part::Index(IndexSummary {
            reference,
            annotations: sorted(index.annotations().as_ref()),
            manifests: children.iter().map(|child| part(child, layers)).collect(),
        }),
        NodeContent::Image(image) => match &image.config {
            Ok(config) => Part::Image(Box::new(summary(&node.descriptor, image, config, layers))),
            Err(error) => unreadable(Reference::of(image.manifest.config()), error),
        },
        NodeContent::Artifact(manifest) => Part::Artifact(artifact(reference, manifest)),
        NodeContent::Unknown => Part::Unreadable(UnreadableSummary {
            error: format!("`{}` is no manifest's media type", reference.media_type),
            reference,
        }),
        NodeContent::Unreadable(error) => unreadable(reference, error),
    }
}

fn summary(
    descriptor: &Descriptor,
    image: &ImageNode,
    config: &ImageConfiguration,
    layers: &mut Layers<'_>,
) -> ImageSummary {
    let manifest = &image.manifest;
    let summaries = layer::summaries(manifest, config, layers);
    let blobs = manifest.layers().iter().chain([manifest.config(), descriptor]);
    ImageSummary {
        reference: Reference::of(descriptor),
        platform: platform::of_config(config),
        declared_platform: descriptor.platform().as_ref().map(platform::of_index),
        annotations: sorted(manifest.annotations().as_ref()),
        config: ConfigSummary::of(manifest, config),
        total_size: blobs.fold(0, |sum, blob| sum.saturating_add(blob.size())),
        total_uncompressed_size: summaries.iter().map(|layer| layer.uncompressed_size).sum(),
        layers: summaries,
    }
}

fn artifact(reference: Reference, manifest: &ImageManifest) -> ArtifactSummary {
    ArtifactSummary {
        reference,
        artifact_type: tree::artifact_kind(manifest).to_owned(),
        blobs: manifest.layers().iter().map(Reference::of).collect(),
    }
}

impl Reference {
    fn of(descriptor: &Descriptor) -> Self {
        Self {
            media_type: descriptor.media_type().to_string(),
            digest: descriptor.digest().to_string(),
            size: descriptor.size(),
            descriptor_annotations: sorted(descriptor.annotations().as_ref()),
        }
    }
}

impl ConfigSummary {
    fn of(manifest: &ImageManifest, config: &ImageConfiguration) -> Self {
        let empty = Config::default();
        let settings = config.config().as_ref().unwrap_or(&empty);
        let in_order = |list: &Option<Vec<String>>| {
            let mut list = list.clone().unwrap_or_default();
            list.sort_unstable();
            list
        };
        Self {
            reference: Reference::of(manifest.config()),
            created: config.created().clone(),
            user: settings.user().clone(),
            working_dir: settings.working_dir().clone(),
            entrypoint: settings.entrypoint().clone().unwrap_or_default(),
            cmd: settings.cmd().clone().unwrap_or_default(),
            env: settings.env().clone().unwrap_or_default(),
            labels: sorted(settings.labels().as_ref()),
            ports: in_order(settings.exposed_ports()),
            volumes: in_order(settings.volumes()),
            stop_signal: settings.stop_signal().clone(),
        }
    }
}

fn sorted(map: Option<&std::collections::HashMap<String, String>>) -> BTreeMap<String, String> {
    map.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn count_problems(parts: &[Part]) -> usize {
    parts
        .iter()
        .map(|part| match part {
            Part::Index(index) => count_problems(&index.manifests),
            Part::Image(image) => image.layers.iter().filter(|layer| layer.problem.is_some()).count(),
            Part::Artifact(_) => 0,
            Part::Unreadable(_) => 1,
        })
        .sum()
}
