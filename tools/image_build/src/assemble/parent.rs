//! What an image starts from: the image in a base's layout, or an empty one for a platform.

use std::path::{Path, PathBuf};

use oci_spec::image::{Digest, ImageConfiguration, ImageManifest};

use crate::Error;
use oci::document::DocumentKind;
use oci::json::{Json, Object};
use oci::layout::{self, Layout};

/// When nothing says otherwise, images are from the epoch: builds never depend on the clock.
pub const EPOCH: &str = "1970-01-01T00:00:00Z";

/// What an image starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The image in this layout.
    Base(PathBuf),
    /// Nothing.
    Scratch(Platform),
}

/// What an image runs on (image-spec, config.md).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// In Go's words, such as `linux`.
    pub os: String,
    /// In Go's words, such as `amd64`.
    pub architecture: String,
    /// Such as `v8`.
    pub variant: Option<String>,
}

/// The image that the new one starts from.
#[derive(Debug)]
pub struct Parent {
    /// The image config.
    pub config: Object,
    /// The image manifest.
    pub manifest: Object,
    /// The content of `index.json`.
    pub index: Object,
    /// The layers, and the files that they are in.
    pub blobs: Vec<(Digest, PathBuf)>,
}

/// Loads what the image starts from. JSON is checked against its digest, layers against their size only: their
/// digests were checked when they were fetched, and hashing them again would cost more than all the rest.
///
/// # Errors
/// When the base is no layout of one image.
pub fn load(origin: &Origin) -> Result<Parent, Error> {
    match origin {
        Origin::Base(path) => base(path),
        Origin::Scratch(platform) => Ok(scratch(platform)),
    }
}

fn base(path: &Path) -> Result<Parent, Error> {
    let failed = |source| Error::Base { path: path.to_owned(), source };
    let layout = Layout::open(path).map_err(failed)?;
    let root = layout.root().map_err(failed)?;
    if layout::is_index(root.media_type()) {
        return Err(Error::BaseIsIndex { path: path.to_owned() });
    }
    let manifest: Json = layout.read_json(root, DocumentKind::Manifest).map_err(failed)?;
    let typed: ImageManifest = layout.read_json(root, DocumentKind::Manifest).map_err(failed)?;
    let config: Json = layout.read_json(typed.config(), DocumentKind::Config).map_err(failed)?;
    let typed_config: ImageConfiguration = layout.read_json(typed.config(), DocumentKind::Config).map_err(failed)?;
    check_layers(path, &typed, &typed_config)?;
    let mut blobs = Vec::with_capacity(typed.layers().len());
    for layer in typed.layers() {
        if let Some(path) = layout.layer_path(layer).map_err(failed)? {
            blobs.push((layer.digest().clone(), path));
        }
    }
    let index = layout.read_index().map_err(failed)?;
    Ok(Parent {
        config: object(config, "config")?,
        manifest: object(manifest, "manifest")?,
        index: object(index, "index")?,
        blobs,
    })
}

/// What `check` finds wrong between a manifest and its config would be wrong with every image on this base.
fn check_layers(path: &Path, manifest: &ImageManifest, config: &ImageConfiguration) -> Result<(), Error> {
    let layers = manifest.layers().len();
    let history = config.history().iter().flatten();
    let told = history.filter(|entry| entry.empty_layer() != Some(true)).count();
    let is_untold = config.history().as_ref().is_none_or(Vec::is_empty);
    let counts = [("diff_ids", config.rootfs().diff_ids().len()), ("layers in its history", told)];
    for (what, count) in counts.into_iter().filter(|(what, _)| *what == "diff_ids" || !is_untold) {
        if count != layers {
            return Err(Error::BaseLayers { path: path.to_owned(), layers, what, count });
        }
    }
    if config.rootfs().typ() == "layers" {
        Ok(())
    } else {
        Err(Error::BaseRootfs { path: path.to_owned(), kind: config.rootfs().typ().clone() })
    }
}

fn object(json: Json, document: &'static str) -> Result<Object, Error> {
    match json {
        Json::Object(object) => Ok(object),
        other => Err(Error::Shape { document, member: ".".to_owned(), expected: "an object", found: other.kind() }),
    }
}

/// An image of nothing.
#[must_use]
pub fn scratch(platform: &Platform) -> Parent {
    let empty = || Json::Object(Object::new());
    let mut config = members([
        ("created", EPOCH.into()),
        ("config", empty()),
        ("history", Json::Array(Vec::new())),
        ("rootfs", Json::object([("type", "layers".into()), ("diff_ids", Json::Array(Vec::new()))])),
        ("architecture", platform.architecture.as_str().into()),
        ("os", platform.os.as_str().into()),
    ]);
    if let Some(variant) = &platform.variant {
        config.insert("variant".to_owned(), variant.as_str().into());
    }
    let manifest = members([
        ("schemaVersion", 2.into()),
        ("mediaType", "application/vnd.oci.image.manifest.v1+json".into()),
        (
            "config",
            Json::object([("mediaType", "application/vnd.oci.image.config.v1+json".into()), ("size", 0.into())]),
        ),
        ("layers", Json::Array(Vec::new())),
    ]);
    let index = members([("mediaType", "application/vnd.oci.image.index.v1+json".into())]);
    Parent { config, manifest, index, blobs: Vec::new() }
}

fn members<const N: usize>(members: [(&str, Json); N]) -> Object {
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
