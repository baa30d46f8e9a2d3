//! Making an index: one index manifest for the images of several layouts, byte for byte as `rules_oci` 2.3 does it.
//!
//! Reads the images' documents and copies their blobs; never changes an image.

use std::fs;
use std::path::{Path, PathBuf};

use oci_spec::image::{Digest, ImageManifest};
use serde_json::{Value, json};

use crate::Error;
use crate::lines;
use oci::document::DocumentKind;
use oci::json::{self, Object};
use oci::layout::{self, Layout};
use oci::layout_writer::{Blobs, LayoutWriter, Written};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What an index says of an image's platform, as its config has it.
const PLATFORM: [&str; 5] = ["os", "architecture", "variant", "os.version", "os.features"];

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
pub fn index(request: &Request) -> Result<Written, Error> {
    let annotations = request.annotations.as_deref().map(read_annotations).transpose()?;
    let mut manifests = Vec::with_capacity(request.images.len());
    let mut blobs = Vec::new();
    for path in &request.images {
        let image = read_image(path)?;
        manifests.push(image.entry);
        blobs.extend(image.blobs);
    }
    let manifest = json::to_string(&self::manifest(manifests, annotations)) + "\n";

    let output = LayoutWriter::create(&request.output, request.blobs).map_err(Error::WriteIndex)?;
    output.place_blobs(blobs.iter().map(|(digest, path)| (digest, path.as_path()))).map_err(Error::WriteIndex)?;
    let digest = output.write_blob(manifest.as_bytes()).map_err(Error::WriteIndex)?;
    let index = json!({"manifests": [{"mediaType": INDEX, "size": manifest.len(), "digest": digest}]});
    output.finish("{\"imageLayoutVersion\": \"1.0.0\"}\n", &index, digest).map_err(Error::WriteIndex)
}

/// The index manifest of these entries.
#[must_use]
pub fn manifest(entries: Vec<Value>, annotations: Option<Object>) -> Value {
    let mut manifest = json!({"schemaVersion": 2, "mediaType": INDEX});
    manifest["manifests"] = entries.into();
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

fn read_image(path: &Path) -> Result<Image, Error> {
    let failed = |source| Error::Image { path: path.to_owned(), source };
    let layout = Layout::open(path).map_err(failed)?;
    let root = layout.root().map_err(failed)?;
    if layout::is_index(root.media_type()) {
        return Err(Error::Nested { path: path.to_owned() });
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

fn read_annotations(path: &Path) -> Result<Object, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(lines::pairs(&text)),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}
