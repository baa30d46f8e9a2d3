//! Reading an OCI image layout (image-spec, image-layout.md): a folder with `oci-layout`, `index.json` and `blobs/`.
//!
//! Every blob that is read whole is checked against its descriptor, so a caller never sees bytes that its digest
//! does not vouch for. Writing layouts is `assemble`'s and `index`'s business.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use oci_spec::image::{Descriptor, Digest, ImageIndex, MediaType};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;
use crate::digest;
use crate::document::{DocumentKind, Strictness};

/// The largest JSON blob that is read: manifests, indexes and configs. Registries refuse manifests over 4 MiB.
pub const JSON_LIMIT: u64 = 4 * 1024 * 1024;

/// How many values a JSON file or blob may have. In memory, two bytes of text can become a hundred.
pub(crate) const VALUE_LIMIT: usize = 200_000;

/// The one version of layouts that there is (image-spec, image-layout.md).
pub(crate) const LAYOUT_VERSION: &str = "1.0.0";

/// An image layout on disk that has been opened: `oci-layout` and `index.json` are there and parse.
#[derive(Debug)]
pub struct Layout {
    path: PathBuf,
    index: ImageIndex,
    index_json: Value,
}

impl Layout {
    /// Opens the layout in `path`.
    ///
    /// # Errors
    /// When the folder is no layout, `oci-layout` is of an unknown version or `index.json` is not an image index.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        for missing in ["oci-layout", "index.json"] {
            if !path.join(missing).is_file() {
                return Err(Error::NotALayout { path, missing });
            }
        }
        check_version(path.join("oci-layout"))?;
        let index_path = path.join("index.json");
        let bytes = read_bounded(&index_path)?;
        if count_values(&bytes) > VALUE_LIMIT {
            return Err(Error::IndexTooLarge { path: index_path });
        }
        let index_json = parse(index_path.clone(), &bytes, DocumentKind::Index)?;
        let index = parse_index(&index_json).map_err(|source| Error::Document {
            path: index_path,
            what: DocumentKind::Index.what(),
            source: Box::new(Error::Json(source)),
        })?;
        Ok(Self { path, index, index_json })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The content of `index.json`.
    #[must_use]
    pub fn index(&self) -> &ImageIndex {
        &self.index
    }

    /// The content of `index.json` with every member in its place.
    #[must_use]
    pub fn index_json(&self) -> &Value {
        &self.index_json
    }

    /// The one descriptor in `index.json`: of an image manifest or of an image index.
    ///
    /// # Errors
    /// When there are none or several.
    pub fn root(&self) -> Result<&Descriptor, Error> {
        match self.index.manifests().as_slice() {
            [root] => Ok(root),
            several => Err(Error::NotOneManifest { path: self.path.join("index.json"), count: several.len() }),
        }
    }

    /// Where the blob with `digest` is, whether or not it exists.
    ///
    /// # Errors
    /// When the digest is not a sha256 one.
    pub fn blob_path(&self, digest: &Digest) -> Result<PathBuf, Error> {
        match digest.as_ref().strip_prefix("sha256:") {
            Some(hex) => Ok(self.path.join("blobs/sha256").join(hex)),
            None => Err(Error::Algorithm { digest: digest.clone() }),
        }
    }

    /// Opens a blob for streaming after comparing its length with the descriptor. The content is not checked.
    ///
    /// # Errors
    /// When it is missing or has another length.
    pub fn open_blob(&self, descriptor: &Descriptor) -> Result<File, Error> {
        let path = self.blob_path(descriptor.digest())?;
        let actual = regular_size(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let file = File::open(&path).map_err(|source| Error::Read { path, source })?;
        if actual == descriptor.size() {
            Ok(file)
        } else {
            Err(Error::Size { digest: descriptor.digest().clone(), expected: descriptor.size(), actual })
        }
    }

    /// Where a layer is, after comparing its length with the descriptor; nothing for a foreign one that is not there,
    /// which is what those are for.
    ///
    /// # Errors
    /// When it is missing or has another length.
    pub fn layer_path(&self, descriptor: &Descriptor) -> Result<Option<PathBuf>, Error> {
        let path = self.blob_path(descriptor.digest())?;
        match self.open_blob(descriptor) {
            Ok(_) => Ok(Some(path)),
            Err(Error::Read { source, .. })
                if source.kind() == io::ErrorKind::NotFound && is_foreign(descriptor.media_type()) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads a JSON blob whole and checks its length and digest.
    ///
    /// # Errors
    /// When it is missing, over [`JSON_LIMIT`], or not what its descriptor says.
    pub fn read_blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        if descriptor.size() > JSON_LIMIT {
            return Err(Error::JsonBlobTooLarge { digest: descriptor.digest().clone(), size: descriptor.size() });
        }
        let mut bytes = Vec::new();
        let path = self.blob_path(descriptor.digest())?;
        self.open_blob(descriptor)?
            .take(JSON_LIMIT)
            .read_to_end(&mut bytes)
            .map_err(|source| Error::Read { path, source })?;
        let actual = digest::of_bytes(&bytes);
        if actual == *descriptor.digest() {
            Ok(bytes)
        } else {
            Err(Error::Content { expected: descriptor.digest().clone(), actual })
        }
    }

    /// Reads and parses a JSON blob of this kind.
    ///
    /// # Errors
    /// As [`Layout::read_blob`], and when it does not parse.
    pub fn read_json<T: DeserializeOwned>(&self, descriptor: &Descriptor, document: DocumentKind) -> Result<T, Error> {
        self.parse_json(descriptor, &self.read_blob(descriptor)?, document)
    }

    /// Parses the bytes of a JSON blob of this kind.
    ///
    /// # Errors
    /// When they have more than [`VALUE_LIMIT`] values, could be understood in two ways or do not parse.
    pub fn parse_json<T: DeserializeOwned>(
        &self,
        descriptor: &Descriptor,
        bytes: &[u8],
        document: DocumentKind,
    ) -> Result<T, Error> {
        if count_values(bytes) > VALUE_LIMIT {
            return Err(Error::TooManyValues { digest: descriptor.digest().clone() });
        }
        parse(self.blob_path(descriptor.digest())?, bytes, document)
    }

    /// The documents of the layout that are no blobs: their content as it is on the disk.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn top_documents(&self) -> Result<[(DocumentKind, Vec<u8>); 2], Error> {
        let read = |name| read_bounded(&self.path.join(name));
        Ok([(DocumentKind::Layout, read("oci-layout")?), (DocumentKind::Index, read("index.json")?)])
    }
}

/// Parses a document whose members can be understood in one way only.
fn parse<T: DeserializeOwned>(path: PathBuf, bytes: &[u8], document: DocumentKind) -> Result<T, Error> {
    let what = document.what();
    let checked = document.check(bytes, Strictness::Lenient);
    let parsed = checked.and_then(|()| serde_json::from_slice(bytes).map_err(Error::Json));
    parsed.map_err(|source| Error::Document { path, what, source: Box::new(source) })
}

fn check_version(path: PathBuf) -> Result<(), Error> {
    #[derive(serde::Deserialize)]
    struct Version {
        #[serde(rename = "imageLayoutVersion")]
        version: String,
    }
    let bytes = read_bounded(&path)?;
    let Version { version } = parse(path.clone(), &bytes, DocumentKind::Layout)?;
    if version == LAYOUT_VERSION { Ok(()) } else { Err(Error::Version { path, version }) }
}

/// How many values a JSON text has at most, told without parsing it: one for each comma and bracket outside of strings.
#[must_use]
pub fn count_values(json: &[u8]) -> usize {
    let (mut count, mut in_string, mut is_escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

/// Whether a descriptor's media type is an image index, OCI's or Docker's manifest list.
#[must_use]
pub fn is_index(media_type: &MediaType) -> bool {
    *media_type == MediaType::ImageIndex
        || media_type.as_ref() == "application/vnd.docker.distribution.manifest.list.v2+json"
}

/// Whether a layer is one that registries do not hold: its licence forbids to pass it on, and whoever needs it fetches it
/// from an address in its descriptor (image-spec, layer.md, "Non-Distributable Layers").
#[must_use]
pub(crate) fn is_foreign(media_type: &MediaType) -> bool {
    let media_type = media_type.as_ref();
    media_type.starts_with("application/vnd.oci.image.layer.nondistributable.")
        || media_type.starts_with("application/vnd.docker.image.rootfs.foreign.")
}

/// Reads a whole file of at most [`JSON_LIMIT`] bytes.
fn read_bounded(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(JSON_LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|source| Error::Read { path: path.to_path_buf(), source })?;
    if bytes.len() as u64 > JSON_LIMIT {
        return Err(Error::IndexTooLarge { path: path.to_path_buf() });
    }
    Ok(bytes)
}

/// The length of the regular file that `path` leads to. Asked before the file is opened: opening a FIFO waits for
/// a writer, for ever if there is none. Symbolic links are followed, Bazel's layouts are made of them.
fn regular_size(path: &Path) -> io::Result<u64> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() { Ok(metadata.len()) } else { Err(io::Error::other("not a regular file")) }
}

/// Parses `index.json`. `rules_oci` writes the one of an index without `schemaVersion`, which the specification
/// demands and every reader tolerates; so does this one.
fn parse_index(index: &Value) -> Result<ImageIndex, serde_json::Error> {
    let mut index = index.clone();
    if let Some(object) = index.as_object_mut() {
        object.entry("schemaVersion").or_insert_with(|| 2.into());
    }
    serde_json::from_value(index)
}

#[cfg(test)]
mod tests {
    use super::count_values;

    #[test]
    fn values_are_counted_outside_of_strings() {
        for (json, count) in [
            ("0", 1),
            ("[]", 2),
            ("[0,0]", 3),
            (r#"{"a":[{},""]}"#, 5),
            (r#"["a,b,[{",0]"#, 3),
            (r#"["\",","\\",0]"#, 4),
        ] {
            assert_eq!(count_values(json.as_bytes()), count, "{json}");
        }
    }
}
