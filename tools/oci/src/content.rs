//! What one layout publishes: its index, its image manifests and the blobs they need, all read and checked up front.
//!
//! Every JSON document is compared with its digest and every layer's length with its descriptor. The content of layers
//! is compared by [`verify_blob`] when one is about to be sent, so that nothing is read for a layer that stays.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use oci_spec::image::{Descriptor, ImageConfiguration, ImageIndex, ImageManifest};

use crate::Error;
use crate::digest;
use crate::document::DocumentKind;
use crate::layout::{self, Layout};
use crate::platform::Platform;
use crate::tree::{self, JSON_BUDGET};

/// A layout that is complete: nothing that its manifests name is missing or has a wrong length.
#[derive(Debug)]
pub struct Content {
    layout: Layout,
    index: Option<JsonBlob>,
    images: Vec<Image>,
    artifacts: Vec<Artifact>,
}

/// A JSON document with the exact bytes that its digest is of.
#[derive(Clone, Debug)]
pub struct JsonBlob {
    /// Media type, digest and length in bytes.
    pub descriptor: Descriptor,
    /// As on disk.
    pub bytes: Vec<u8>,
}

/// One image: its manifest, and its config.
#[derive(Debug)]
pub struct Image {
    /// The image manifest's bytes.
    pub document: JsonBlob,
    /// The same, parsed.
    pub manifest: ImageManifest,
    /// The config's bytes.
    pub config: JsonBlob,
    /// What it runs on, from the index and otherwise from the config.
    pub platform: Platform,
}

impl Image {
    /// Compressed bytes of config and layers: what a puller transfers.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.blobs().map(Descriptor::size).fold(0, u64::saturating_add)
    }

    /// Config first, then layers in order; foreign ones, which are not for registries, left out.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        blobs(&self.manifest)
    }
}

/// A manifest that is no image, such as `BuildKit`'s attestations: published with the images, and run by nobody.
#[derive(Debug)]
struct Artifact {
    document: JsonBlob,
    manifest: ImageManifest,
}

fn blobs(manifest: &ImageManifest) -> impl Iterator<Item = &Descriptor> {
    let layers = manifest.layers().iter().filter(|layer| !layout::is_foreign(layer.media_type()));
    std::iter::once(manifest.config()).chain(layers)
}

impl Content {
    /// Reads the layout in `path`.
    ///
    /// # Errors
    /// When it is no layout, when a JSON document is not what its digest says or there is too much of them, or when a blob
    /// is missing or has a wrong length.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let layout = Layout::open(path)?;
        let root = layout.root()?.clone();
        let mut reader = Reader { layout: &layout, left: JSON_BUDGET, images: Vec::new(), artifacts: Vec::new() };
        let mut document = None;
        if layout::is_index(root.media_type()) {
            let index = reader.document(&root)?;
            let parsed: ImageIndex = layout.parse_json(&root, &index.bytes, DocumentKind::Index)?;
            parsed.manifests().iter().try_for_each(|manifest| reader.manifest(manifest))?;
            document = Some(index);
        } else {
            reader.manifest(&root)?;
        }
        let Reader { images, artifacts, .. } = reader;
        Ok(Self { layout, index: document, images, artifacts })
    }

    /// The document that a tag points at: the index, or the manifest of a layout without one.
    #[must_use]
    pub fn root(&self) -> &JsonBlob {
        let document = self.index.as_ref().or_else(|| self.manifests().next());
        match document {
            Some(document) => document,
            None => unreachable!("`open` reads one manifest where there is no index"),
        }
    }

    /// The index, if the layout has one.
    #[must_use]
    pub fn index(&self) -> Option<&JsonBlob> {
        self.index.as_ref()
    }

    /// The images, in the order of the index; what can be run.
    #[must_use]
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// All manifests, those of the images first.
    pub fn manifests(&self) -> impl Iterator<Item = &JsonBlob> {
        let artifacts = self.artifacts.iter().map(|artifact| &artifact.document);
        self.images.iter().map(|image| &image.document).chain(artifacts)
    }

    /// All blobs that a registry needs for them, each once.
    #[must_use]
    pub fn blobs(&self) -> Vec<&Descriptor> {
        let mut seen = HashSet::new();
        let artifacts = self.artifacts.iter().flat_map(|artifact| blobs(&artifact.manifest));
        self.images.iter().flat_map(Image::blobs).chain(artifacts).filter(|blob| seen.insert(blob.digest())).collect()
    }

    /// Where a blob's bytes are.
    ///
    /// # Errors
    /// When the digest is not a sha256 one.
    pub fn blob_path(&self, blob: &Descriptor) -> Result<PathBuf, Error> {
        self.layout.blob_path(blob.digest())
    }

    /// Where a layer's bytes are.
    ///
    /// # Errors
    /// When it is not there, or not what its descriptor says.
    pub fn layer_path(&self, layer: &Descriptor) -> Result<PathBuf, Error> {
        let path = self.layout.layer_path(layer)?;
        path.ok_or_else(|| Error::Foreign { digest: layer.digest().clone() })
    }

    /// The layout's folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.layout.path()
    }
}

/// Compares all of a blob's bytes with its descriptor.
///
/// # Errors
/// When it cannot be read or is something else.
pub fn verify_blob(path: &Path, blob: &Descriptor) -> Result<(), Error> {
    let read_error = |source| Error::Read { path: path.to_owned(), source };
    let mut file = std::fs::File::open(path).map_err(read_error)?;
    let (actual, size) = digest::of_reader(&mut file).map_err(read_error)?;
    if size != blob.size() {
        return Err(Error::Size { digest: blob.digest().clone(), expected: blob.size(), actual: size });
    }
    if actual != *blob.digest() {
        return Err(Error::Content { expected: blob.digest().clone(), actual });
    }
    Ok(())
}

/// Reads documents, of which all stay in memory, until they are too many.
struct Reader<'a> {
    layout: &'a Layout,
    left: u64,
    images: Vec<Image>,
    artifacts: Vec<Artifact>,
}

impl Reader<'_> {
    fn manifest(&mut self, descriptor: &Descriptor) -> Result<(), Error> {
        let document = self.document(descriptor)?;
        let manifest: ImageManifest = self.layout.parse_json(descriptor, &document.bytes, DocumentKind::Manifest)?;
        for layer in manifest.layers() {
            self.layout.layer_path(layer)?;
        }
        if tree::is_artifact(descriptor, &manifest) {
            self.layout.open_blob(manifest.config())?;
            self.artifacts.push(Artifact { document, manifest });
            return Ok(());
        }
        let config = self.document(manifest.config())?;
        // Read even where the index says all about the platform: a config that Docker cannot read is none for a registry.
        let parsed: ImageConfiguration =
            self.layout.parse_json(manifest.config(), &config.bytes, DocumentKind::Config)?;
        let platform =
            if let Some(platform) = descriptor.platform() { Platform::from(platform) } else { Platform::from(&parsed) };
        self.images.push(Image { document, manifest, config, platform });
        Ok(())
    }

    fn document(&mut self, descriptor: &Descriptor) -> Result<JsonBlob, Error> {
        let bytes = self.layout.read_blob(descriptor)?;
        let left = self.left.checked_sub(descriptor.size());
        self.left =
            left.ok_or_else(|| Error::TooMuchJson { path: self.layout.path().to_owned(), limit: JSON_BUDGET })?;
        Ok(JsonBlob { descriptor: descriptor.clone(), bytes })
    }
}
