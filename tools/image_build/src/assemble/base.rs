//! The base of an image: the one in a layout, or an empty one for a platform.

use std::path::{Path, PathBuf};

use oci_spec::image::{Digest, ImageConfiguration, ImageManifest};
use serde_json::{Value, json};

use crate::Error;
use oci::document::DocumentKind;
use oci::layout::{self, Layout};
use oci::platform::Platform;

/// When nothing says otherwise, images are from the epoch: builds never depend on the clock.
pub const EPOCH: &str = "1970-01-01T00:00:00Z";

/// Where a base comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseSource {
    /// The image in this layout.
    Layout(PathBuf),
    /// An image without layers and settings.
    Scratch(Platform),
}

/// The image that a new one is built on.
#[derive(Debug)]
pub struct BaseImage {
    /// The image config.
    pub config: Value,
    /// The image manifest.
    pub manifest: Value,
    /// The content of `index.json`.
    pub index: Value,
    /// The layers, and the files that they are in.
    pub blobs: Vec<(Digest, PathBuf)>,
}

/// Loads a base. JSON is checked against its digest, layers against their size only: their digests were checked when they were
/// fetched, and hashing them again would cost more than all the rest.
///
/// # Errors
/// When the base is no layout of one image.
pub fn load(source: &BaseSource) -> Result<BaseImage, Error> {
    match source {
        BaseSource::Layout(path) => from_layout(path),
        BaseSource::Scratch(platform) => Ok(scratch(platform)),
    }
}

fn from_layout(path: &Path) -> Result<BaseImage, Error> {
    let failed = |source| Error::Base { path: path.to_owned(), source };
    let layout = Layout::open(path).map_err(failed)?;
    let root = layout.root().map_err(failed)?;
    if layout::is_index(root.media_type()) {
        return Err(Error::BaseIsIndex { path: path.to_owned() });
    }
    let manifest = layout.read_json(root, DocumentKind::Manifest).map_err(failed)?;
    let typed: ImageManifest = layout.read_json(root, DocumentKind::Manifest).map_err(failed)?;
    let config = layout.read_json(typed.config(), DocumentKind::Config).map_err(failed)?;
    let typed_config: ImageConfiguration = layout.read_json(typed.config(), DocumentKind::Config).map_err(failed)?;
    check_layers(path, &typed, &typed_config)?;
    let mut blobs = Vec::with_capacity(typed.layers().len());
    for layer in typed.layers() {
        if let Some(path) = layout.layer_path(layer).map_err(failed)? {
            blobs.push((layer.digest().clone(), path));
        }
    }
    Ok(BaseImage { config, manifest, index: layout.index_json().clone(), blobs })
}

/// What `check` finds wrong between a manifest and its config would be wrong with every image on this base.
fn check_layers(path: &Path, manifest: &ImageManifest, config: &ImageConfiguration) -> Result<(), Error> {
    let layers = manifest.layers().len();
    let history = config.history().iter().flatten();
    let with_layer = history.clone().filter(|entry| entry.empty_layer() != Some(true)).count();
    let mut counts = vec![("diff_ids", config.rootfs().diff_ids().len())];
    counts.extend(history.clone().next().map(|_| ("layers in its history", with_layer)));
    if let Some((what, count)) = counts.into_iter().find(|(_, count)| *count != layers) {
        return Err(Error::BaseLayers { path: path.to_owned(), layers, what, count });
    }
    if config.rootfs().typ() == "layers" {
        Ok(())
    } else {
        Err(Error::BaseRootfs { path: path.to_owned(), kind: config.rootfs().typ().clone() })
    }
}

/// An image without layers and settings. The order of the members is `rules_oci`'s.
#[must_use]
pub fn scratch(platform: &Platform) -> BaseImage {
    let mut config = json!({
        "created": EPOCH,
        "config": {},
        "history": [],
        "rootfs": {"type": "layers", "diff_ids": []},
        "architecture": platform.architecture,
        "os": platform.os,
    });
    if let Some(variant) = &platform.variant {
        config["variant"] = variant.as_str().into();
    }
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 0},
        "layers": [],
    });
    let index = json!({"mediaType": "application/vnd.oci.image.index.v1+json"});
    BaseImage { config, manifest, index, blobs: Vec::new() }
}
