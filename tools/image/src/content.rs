//! What one layout publishes: its index, its image manifests and the blobs they need, all read and checked up front.
//!
//! Every JSON document is compared with its digest and every layer's length with its descriptor. The content of layers
//! is compared by [`verify_blob`] when one is about to be sent, so that nothing is read for a layer that stays.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use oci_spec::image::{Descriptor, ImageConfiguration, ImageIndex, ImageManifest};

use crate::digest;
use crate::layout::{self, Layout, LayoutError};
use crate::platform::Platform;
use crate::tree::JSON_BUDGET;

/// A layout that is complete: nothing that its manifests name is missing or has a wrong length.
#[derive(Debug)]
pub struct Content {
    layout: Layout,
    index: Option<Document>,
    images: Vec<Image>,
}

/// A JSON document with the exact bytes that its digest is of.
#[derive(Clone, Debug)]
pub struct Document {
    /// Media type, digest and length in bytes.
    pub descriptor: Descriptor,
    /// As on disk.
    pub bytes: Vec<u8>,
}

/// One image: its manifest, and its config.
#[derive(Debug)]
pub struct Image {
    /// The image manifest's bytes.
    pub document: Document,
    /// The same, parsed.
    pub manifest: ImageManifest,
    /// The config's bytes.
    pub config: Document,
    /// What it runs on, from the index and otherwise from the config.
    pub platform: Platform,
}

impl Image {
    /// Compressed bytes of config and layers: what a puller transfers.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.blobs().map(Descriptor::size).fold(0, u64::saturating_add)
    }

    /// Config first, then layers in order.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        std::iter::once(self.manifest.config()).chain(self.manifest.layers())
    }
}

impl Content {
    /// Reads the layout in `path`.
    ///
    /// # Errors
    /// When it is no layout, when a JSON document is not what its digest says or there is too much of them, or when a blob
    /// is missing or has a wrong length.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, LayoutError> {
        let layout = Layout::open(path)?;
        let root = layout.root()?.clone();
        let mut reader = Reader { layout: &layout, left: JSON_BUDGET };
        if !layout::is_index(root.media_type()) {
            let images = vec![reader.image(&root)?];
            return Ok(Self { layout, index: None, images });
        }
        let document = reader.document(&root)?;
        let index: ImageIndex = layout.parse_json(&root, &document.bytes, "an image index")?;
        let images = index.manifests().iter().map(|manifest| reader.image(manifest)).collect::<Result<_, _>>()?;
        Ok(Self { layout, index: Some(document), images })
    }

    /// The document that a tag points at: the index, or the manifest of a layout without one.
    #[must_use]
    pub fn root(&self) -> &Document {
        match (&self.index, self.images.first()) {
            (Some(index), _) => index,
            (None, Some(image)) => &image.document,
            (None, None) => unreachable!("`open` reads one image where there is no index"),
        }
    }

    /// The index, if the layout has one.
    #[must_use]
    pub fn index(&self) -> Option<&Document> {
        self.index.as_ref()
    }

    /// The images, in the order of the index.
    #[must_use]
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// All configs and layers, each once.
    #[must_use]
    pub fn blobs(&self) -> Vec<&Descriptor> {
        let mut seen = HashSet::new();
        self.images.iter().flat_map(Image::blobs).filter(|blob| seen.insert(blob.digest())).collect()
    }

    /// Where a blob's bytes are.
    ///
    /// # Errors
    /// When the digest is not a sha256 one.
    pub fn blob_path(&self, blob: &Descriptor) -> Result<PathBuf, LayoutError> {
        self.layout.blob_path(blob.digest())
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
pub fn verify_blob(path: &Path, blob: &Descriptor) -> Result<(), LayoutError> {
    let read_error = |source| LayoutError::Read { path: path.to_owned(), source };
    let mut file = std::fs::File::open(path).map_err(read_error)?;
    let (actual, size) = digest::of_reader(&mut file).map_err(read_error)?;
    if size != blob.size() {
        return Err(LayoutError::Size { digest: blob.digest().clone(), expected: blob.size(), actual: size });
    }
    if actual != *blob.digest() {
        return Err(LayoutError::Content { expected: blob.digest().clone(), actual });
    }
    Ok(())
}

/// [`verify_blob`] on a thread that may block.
///
/// # Errors
/// As [`verify_blob`].
pub async fn verify_blob_async(path: &Path, blob: &Descriptor) -> Result<(), LayoutError> {
    let (owned, blob) = (path.to_owned(), blob.clone());
    let verified = tokio::task::spawn_blocking(move || verify_blob(&owned, &blob)).await;
    verified.map_err(|panicked| LayoutError::Read { path: path.to_owned(), source: std::io::Error::other(panicked) })?
}

/// Reads documents, of which all stay in memory, until they are too many.
struct Reader<'a> {
    layout: &'a Layout,
    left: u64,
}

impl Reader<'_> {
    fn image(&mut self, descriptor: &Descriptor) -> Result<Image, LayoutError> {
        let document = self.document(descriptor)?;
        let manifest: ImageManifest = self.layout.parse_json(descriptor, &document.bytes, "an image manifest")?;
        let config = self.document(manifest.config())?;
        let platform = if let Some(platform) = descriptor.platform() {
            Platform::from(platform)
        } else {
            let parsed: ImageConfiguration =
                self.layout.parse_json(manifest.config(), &config.bytes, "an image config")?;
            Platform::from(&parsed)
        };
        for layer in manifest.layers() {
            self.layout.open_blob(layer)?;
        }
        Ok(Image { document, manifest, config, platform })
    }

    fn document(&mut self, descriptor: &Descriptor) -> Result<Document, LayoutError> {
        let bytes = self.layout.read_blob(descriptor)?;
        let left = self.left.checked_sub(descriptor.size());
        self.left =
            left.ok_or_else(|| LayoutError::TooMuchJson { path: self.layout.path().to_owned(), limit: JSON_BUDGET })?;
        Ok(Document { descriptor: descriptor.clone(), bytes })
    }
}
