//! Making an index: one index manifest for the images of several layouts, byte for byte as `rules_oci` 2.3 does it.
//!
//! Reads the images' documents and copies their blobs; never changes an image.

use std::fs;
use std::path::{Path, PathBuf};

use oci_spec::image::{Digest, ImageManifest};

use crate::Error;
use crate::lines;
use oci::document::DocumentKind;
use oci::json::{Json, Object};
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
    let manifest = format!("{}\n", self::manifest(manifests, annotations));

    let output = LayoutWriter::create(&request.output, request.blobs).map_err(Error::WriteIndex)?;
    output.place_blobs(blobs.iter().map(|(digest, path)| (digest, path.as_path()))).map_err(Error::WriteIndex)?;
    let digest = output.write_blob(manifest.as_bytes()).map_err(Error::WriteIndex)?;
    let descriptor = Json::object([
        ("mediaType", INDEX.into()),
        ("size", (manifest.len() as u64).into()),
        ("digest", digest.as_ref().into()),
    ]);
    let index = Json::object([("manifests", Json::Array(vec![descriptor]))]);
    output.finish("{\"imageLayoutVersion\": \"1.0.0\"}\n", &index, digest).map_err(Error::WriteIndex)
}

/// The index manifest of these entries.
#[must_use]
pub fn manifest(entries: Vec<Json>, annotations: Option<Object>) -> Json {
    let mut manifest = Object::new();
    manifest.insert("schemaVersion".to_owned(), 2.into());
    manifest.insert("mediaType".to_owned(), INDEX.into());
    manifest.insert("manifests".to_owned(), Json::Array(entries));
    if let Some(annotations) = annotations {
        manifest.insert("annotations".to_owned(), Json::Object(annotations));
    }
    Json::Object(manifest)
}

/// One image of the index.
struct Image {
    /// Its descriptor with its platform.
    entry: Json,
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
    let config: Json = layout.read_json(manifest.config(), DocumentKind::Config).map_err(failed)?;
    let mut blobs = Vec::with_capacity(manifest.layers().len() + 2);
    for descriptor in [root, manifest.config()].into_iter().chain(manifest.layers()) {
        if let Some(path) = layout.layer_path(descriptor).map_err(failed)? {
            blobs.push((descriptor.digest().clone(), path));
        }
    }
    let index: Json = layout.read_index().map_err(failed)?;
    let descriptor = match index.get("manifests") {
        Some(Json::Array(manifests)) => manifests.first().cloned(),
        _ => None,
    };
    Ok(Image { entry: entry(descriptor.unwrap_or(Json::Null), &config), blobs })
}

/// An image's descriptor from its own `index.json`, and what its config says about the platform.
#[must_use]
pub fn entry(descriptor: Json, config: &Json) -> Json {
    let known = |key: &&str| config.get(key).is_some_and(|value| *value != Json::Null);
    let platform = PLATFORM.into_iter().filter(known).map(|key| (key.to_owned(), config.get(key).cloned()));
    let platform = platform.map(|(key, value)| (key, value.unwrap_or(Json::Null))).collect();
    let mut entry = descriptor;
    if let Some(members) = entry.object_or_null() {
        members.insert("platform".to_owned(), Json::Object(platform));
    }
    entry
}

fn read_annotations(path: &Path) -> Result<Object, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(lines::pairs(&text)),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}
