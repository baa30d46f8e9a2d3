//! Layers as `inspect` shows them.

use oci_spec::image::{Descriptor, ImageConfiguration, ImageManifest};
use serde::Serialize;
use terminal::chain;

use super::Reference;
use crate::check::Layers;
use crate::layer_reader::LayerFacts;

/// A layer.
#[derive(Debug, Serialize)]
pub struct LayerSummary {
    /// Which blob it is.
    #[serde(flatten)]
    pub reference: Reference,
    /// `uncompressed`, `gzip` or `zstd`, by content; nothing if it cannot be read.
    pub compression: Option<String>,
    /// Digest of the decompressed content, as computed.
    pub diff_id: Option<String>,
    /// The same as the config says.
    pub declared_diff_id: Option<String>,
    /// Bytes when decompressed.
    pub uncompressed_size: Option<u64>,
    /// Tar entries.
    pub entries: Option<u64>,
    /// From the history: the command that made it.
    pub created_by: Option<String>,
    /// From the history: RFC 3339, as it stands there.
    pub created: Option<String>,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// The layers of an image, from the base up.
pub fn summaries(manifest: &ImageManifest, config: &ImageConfiguration, layers: &mut Layers<'_>) -> Vec<LayerSummary> {
    let history: Vec<_> = config.history().iter().flatten().filter(|entry| entry.empty_layer() != Some(true)).collect();
    // A history that tells of another number of layers cannot be paired with them.
    let is_paired = history.len() == manifest.layers().len();
    let summary = |(position, descriptor): (usize, &Descriptor)| {
        let entry = history.get(position).filter(|_| is_paired);
        let declared_diff_id = config.rootfs().diff_ids().get(position).cloned();
        let facts = layers.facts(descriptor).map_err(|error| chain(&error));
        let read = facts.as_ref().ok().copied().flatten();
        LayerSummary {
            reference: Reference::of(descriptor),
            compression: read.map(|facts| facts.compression.to_string()),
            diff_id: read.and_then(|facts| facts.diff_id.as_ref()).map(ToString::to_string),
            uncompressed_size: read.map(|facts| facts.uncompressed_size),
            entries: read.map(|facts| facts.entries),
            created_by: entry.and_then(|entry| entry.created_by().clone()),
            created: entry.and_then(|entry| entry.created().clone()),
            problem: facts.map_or_else(Some, |facts| problem(facts?, descriptor, declared_diff_id.as_deref())),
            declared_diff_id,
        }
    };
    manifest.layers().iter().enumerate().map(summary).collect()
}

fn problem(facts: &LayerFacts, descriptor: &Descriptor, declared_diff_id: Option<&str>) -> Option<String> {
    if facts.digest != *descriptor.digest() {
        return Some(format!("the blob has the content of `{}`", facts.digest));
    }
    if let Some(problem) = facts.problems.first() {
        return Some(problem.to_string());
    }
    let diff_id = facts.diff_id.as_ref()?;
    (declared_diff_id != Some(diff_id.as_ref())).then(|| "the config has another diff_id for it".to_owned())
}
