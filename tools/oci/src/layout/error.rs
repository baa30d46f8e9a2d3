//! What can be wrong with a layout.

use std::io;
use std::path::PathBuf;

use oci_spec::image::Digest;

use super::{JSON_LIMIT, LAYOUT_VERSION, VALUE_LIMIT};
use crate::document::MemberError;

/// What can be wrong with a layout.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The folder is not an image layout.
    #[error("`{path}` is not an OCI image layout: `{missing}` is missing")]
    NotALayout {
        /// The folder.
        path: PathBuf,
        /// What was looked for.
        missing: &'static str,
    },
    /// A file of the layout cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the layout is not the JSON that it should be.
    #[error("`{path}` is not {what}")]
    Json {
        /// The file.
        path: PathBuf,
        /// Such as `an image manifest`.
        what: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A file of the layout could be understood in two ways, or lacks something.
    #[error("`{path}` is not {what}")]
    Members {
        /// The file.
        path: PathBuf,
        /// Such as `an image manifest`.
        what: &'static str,
        /// Which member it is.
        #[source]
        source: MemberError,
    },
    /// `oci-layout` is of a version that nobody knows.
    #[error("`{path}` is of version `{version}`, only `{LAYOUT_VERSION}` is known")]
    Version {
        /// `oci-layout`.
        path: PathBuf,
        /// What it says.
        version: String,
    },
    /// A blob's length is not what its descriptor says.
    #[error("blob `{digest}` has {actual} bytes, its descriptor says {expected}")]
    Size {
        /// The blob.
        digest: Digest,
        /// From the descriptor, in bytes.
        expected: u64,
        /// On disk, in bytes.
        actual: u64,
    },
    /// A blob's content is not what its name says.
    #[error("blob `{expected}` has the content of `{actual}`")]
    Content {
        /// From the descriptor.
        expected: Digest,
        /// Of the bytes on disk.
        actual: Digest,
    },
    /// A JSON blob is too large to be read into memory.
    #[error("blob `{digest}` has {size} bytes, more than the {JSON_LIMIT} that a JSON blob may have")]
    TooLarge {
        /// The blob.
        digest: Digest,
        /// From the descriptor, in bytes.
        size: u64,
    },
    /// A JSON blob has too many values to be parsed.
    #[error("blob `{digest}` has more than the {VALUE_LIMIT} values that a JSON blob may have")]
    TooManyValues {
        /// The blob.
        digest: Digest,
    },
    /// A foreign layer is needed and not there.
    #[error("layer `{digest}` is not in the layout: it is a foreign one, to be fetched from elsewhere")]
    Foreign {
        /// The layer.
        digest: Digest,
    },
    /// A blob is longer than what is read of a layout.
    #[error("blob `{digest}` has {size} bytes, more than are read of a layout")]
    BlobTooLarge {
        /// The blob.
        digest: Digest,
        /// From the descriptor, in bytes.
        size: u64,
    },
    /// The JSON of a layout is too large to be read into memory.
    #[error("`{path}` leads to more than {limit} bytes of JSON")]
    TooMuchJson {
        /// The layout.
        path: PathBuf,
        /// What is read at most.
        limit: u64,
    },
    /// `index.json` is too large to be read into memory.
    #[error(
        "`{path}` has more than the {JSON_LIMIT} bytes or {VALUE_LIMIT} values that a JSON file of a layout may have"
    )]
    IndexTooLarge {
        /// `index.json`.
        path: PathBuf,
    },
    /// The digest's algorithm is not sha256.
    #[error("digest `{digest}` is not a sha256 digest")]
    Algorithm {
        /// The digest.
        digest: Digest,
    },
    /// `index.json` does not name exactly one manifest.
    #[error("`{path}` names {count} manifests, a layout of one image or one index names exactly 1")]
    NotOneManifest {
        /// `index.json`.
        path: PathBuf,
        /// How many there are.
        count: usize,
    },
}
