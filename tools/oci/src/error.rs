//! What can be wrong with names, documents and layouts, and what to do about it.

use std::io;
use std::path::PathBuf;

use oci_spec::image::Digest;
use terminal::Diagnostic;

use crate::document::MemberFault;
use crate::layout::{JSON_LIMIT, LAYOUT_VERSION, VALUE_LIMIT};
use crate::tree;

/// Every error of this crate. Names are as they were typed; sizes are in bytes.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A repository has no registry in front.
    #[error("repository `{name}` does not start with a registry host")]
    NoHost {
        /// The repository.
        name: String,
    },
    /// A repository carries a tag.
    #[error("repository `{name}` has a tag in it")]
    RepositoryWithTag {
        /// The repository.
        name: String,
        /// What stands behind the colon.
        tag: String,
    },
    /// A repository carries a digest.
    #[error("repository `{name}` has a digest in it")]
    RepositoryWithDigest {
        /// The repository.
        name: String,
    },
    /// A repository's host or path breaks the grammar.
    #[error("repository `{name}` is not a valid name: {reason}")]
    Repository {
        /// The repository.
        name: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// A repository that is not on this machine is to be spoken to without TLS.
    #[error("repository `{name}` is not on this machine, and plain http leaves it for nowhere else")]
    PlainHttp {
        /// The repository.
        name: String,
    },
    /// A tag is not a version.
    #[error("tag `{tag}` is not a version: {reason}")]
    Tag {
        /// The tag.
        tag: String,
        /// Which rule it breaks.
        reason: String,
    },
    /// A local tag is not `REPOSITORY:TAG`.
    #[error("local tag `{tag}` is not a valid `REPOSITORY:TAG`: {reason}")]
    LocalTag {
        /// The tag.
        tag: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// A text is not `OS/ARCHITECTURE[/VARIANT]`.
    #[error("`{text}` is not a platform such as `linux/amd64` or `linux/arm64/v8`")]
    Platform {
        /// The text.
        text: String,
    },
    /// A folder is not an image layout.
    #[error("`{path}` is not an OCI image layout: `{missing}` is missing")]
    NotALayout {
        /// The folder.
        path: PathBuf,
        /// What was looked for.
        missing: &'static str,
    },
    /// A file of a layout cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of a layout is not the document that it should be.
    #[error("`{path}` is not {what}")]
    Document {
        /// The file.
        path: PathBuf,
        /// Such as `an image manifest`.
        what: &'static str,
        /// [`Error::Json`] or [`Error::Member`].
        #[source]
        source: Box<Error>,
    },
    /// A text is not JSON, or nested too deep, or not of the type that it should be.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A member of a document could be understood in two ways, or cannot be understood.
    #[error("member `{member}` {fault}")]
    Member {
        /// Its name, behind the names of those that it is in.
        member: String,
        /// What is wrong with it.
        fault: MemberFault,
    },
    /// `oci-layout` is of an unknown version.
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
        /// From the descriptor.
        expected: u64,
        /// On disk.
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
    JsonBlobTooLarge {
        /// The blob.
        digest: Digest,
        /// From the descriptor.
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
        /// From the descriptor.
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
    /// A digest's algorithm is not sha256.
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
    /// Indexes stand too deep in indexes.
    #[error("indexes stand more than {} deep in each other", tree::DEPTH_LIMIT)]
    TreeTooDeep,
    /// A layout leads to too many manifests, or to too much JSON.
    #[error(
        "the layout leads to more than {} manifests, {} bytes of JSON or {VALUE_LIMIT} values in it",
        tree::NODE_LIMIT,
        tree::JSON_BUDGET
    )]
    TreeTooLarge,
    /// The folder that a layout is to be written to has something in it.
    #[error("output folder `{path}` is not empty")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder of a layout cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot become a blob.
    #[error("cannot make `{from}` the blob `{path}`")]
    Place {
        /// The file.
        from: PathBuf,
        /// The blob.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoHost { name } => return Some(format!("name the registry too, such as `ghcr.io/{name}`")),
            Self::RepositoryWithTag { tag, .. } => return Some(format!("give the tag by itself: `--tag {tag}`")),
            Self::PlainHttp { name } => return Some(format!("use `{}`", name.replacen("http", "https", 1))),
            Self::RepositoryWithDigest { .. } => {
                "leave the digest out, it follows from the layout; give a tag with `--tag`"
            }
            Self::Tag { .. } => "use `--tag vMAJOR.MINOR.PATCH[-PRE]`, such as `v1.4.0` or `v1.4.0-rc.1`",
            Self::LocalTag { .. } => "use a form such as `--tag unkey/api:dev`",
            Self::NotEmpty { .. } => "remove it, or name another with `--output`",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
