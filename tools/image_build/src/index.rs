//! Making an index: one index manifest for the images of several layouts, byte for byte as `rules_oci` 2.3 does it.
//!
//! Reads the images' documents and copies their blobs; never changes an image.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use oci_spec::image::{Digest, ImageManifest};
use serde_json::{Value, json};

use crate::lines;
use oci::document::DocumentKind;
use oci::json::{self, Object};
use oci::layout::{self, Layout, LayoutError};
use oci::layout_writer::{Blobs, LayoutWriter, WriteError, Written};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What an index says of an image's platform, as its config has it.
const PLATFORM: [&str; 5] = ["os", "architecture", "variant", "os.version", "os.features"];

/// An index cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// An image is no layout, or a part of it is missing or not what its digest says.
    #[error("cannot use image `{path}`")]
    Image {
        /// The image's folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: LayoutError,
    },
    /// An image is an index itself.
    #[error("`{path}` is an image index, not an image: indexes are not nested")]
    Nested {
        /// The layout's folder.
        path: PathBuf,
    },
    /// The file with annotations cannot be read or is not UTF-8.
    #[error("cannot read `{path}`")]
    ReadAnnotations {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The layout cannot be written.
    #[error("cannot write the index")]
    Write(#[from] WriteError),
}

/// What to make an index of.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folder for the layout: absent or empty.
    pub output: PathBuf,
    /// The layouts of the images, in the order of the index.
    pub images: Vec<PathBuf>,
    /// `name=value` lines for the index manifest.
    pub annotations: Option<PathBuf>,
    /// How the images' blobs get into the layout. Each is there once.
    pub blobs: Blobs,
}

/// Makes an index and writes its layout.
///
/// # Errors
/// When an image or the file with annotations is not usable, or the layout cannot be written.
pub fn index(request: &Request) -> Result<Written, IndexError> {
    let annotations = request.annotations.as_deref().map(read_annotations).transpose()?;
    let mut manifests = Vec::with_capacity(request.images.len());
    let mut blobs = Vec::new();
    for path in &request.images {
        let image = read_image(path)?;
        manifests.push(image.entry);
        blobs.extend(image.blobs);
    }
    let manifest = json::to_string(&self::manifest(manifests, annotations)) + "\n";

    let output = LayoutWriter::create(&request.output, request.blobs)?;
    output.place_blobs(blobs.iter().map(|(digest, path)| (digest, path.as_path())))?;
    let digest = output.write_blob(manifest.as_bytes())?;
    let index = json!({"manifests": [{"mediaType": INDEX, "size": manifest.len(), "digest": digest}]});
    Ok(output.finish("{\"imageLayoutVersion\": \"1.0.0\"}\n", &index, digest)?)
}

/// The index manifest of these entries.
#[must_use]
pub fn manifest(entries: Vec<Value>, annotations: Option<Object>) -> Value {
    let mut manifest = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    if let Some(annotations) = annotations {
        manifest["annotations"] = annotations.into();
    }
    manifest
}

/// One image of the index.
struct Image {
    /// Its descriptor with its platform.
    entry: Value,
    /// All its blobs, and the files that they are in.
    blobs: Vec<(Digest, PathBuf)>,
}

fn read_image(path: &Path) -> Result<Image, IndexError> {
    let failed = |source| IndexError::Image { path: path.to_owned(), source };
    let layout = Layout::open(path).map_err(failed)?;
    let root = layout.root().map_err(failed)?;
    if layout::is_index(root.media_type()) {
        return Err(IndexError::Nested { path: path.to_owned() });
    }
    let manifest: ImageManifest = layout.read_json(root, DocumentKind::Manifest).map_err(failed)?;
    let config: Value = layout.read_json(manifest.config(), DocumentKind::Config).map_err(failed)?;
    let mut blobs = Vec::with_capacity(manifest.layers().len() + 2);
    for descriptor in [root, manifest.config()].into_iter().chain(manifest.layers()) {
        if let Some(path) = layout.layer_path(descriptor).map_err(failed)? {
            blobs.push((descriptor.digest().clone(), path));
        }
    }
    let descriptor = layout.index_json()["manifests"][0].clone();
    Ok(Image { entry: entry(descriptor, &config), blobs })
}

/// An image's descriptor from its own `index.json`, and what its config says about the platform.
#[must_use]
pub fn entry(mut descriptor: Value, config: &Value) -> Value {
    let known = PLATFORM.into_iter().filter(|key| !config[key].is_null());
    descriptor["platform"] = known.map(|key| (key.to_owned(), config[key].clone())).collect::<Object>().into();
    descriptor
}

fn read_annotations(path: &Path) -> Result<Object, IndexError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(lines::pairs(&text)),
        Err(source) => Err(IndexError::ReadAnnotations { path: path.to_owned(), source }),
    }
}
