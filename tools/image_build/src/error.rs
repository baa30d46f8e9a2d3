//! What can go wrong while an image is made, and what to do about it.

use std::io;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use oci::layout::JSON_LIMIT;
use terminal::Diagnostic;

use crate::compression::Compression;

/// Every error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base is no layout, or a part of it is missing or not what its digest says.
    #[error("cannot use base `{path}`")]
    Base {
        /// The base's folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: oci::Error,
    },
    /// The base has an image for each of several platforms.
    #[error("base `{path}` is an image index, not an image")]
    BaseIsIndex {
        /// The base's folder.
        path: PathBuf,
    },
    /// The base's config and its manifest tell of different layers.
    #[error("base `{path}` has {layers} layers and {count} {what}")]
    BaseLayers {
        /// The base's folder.
        path: PathBuf,
        /// Those of the manifest.
        layers: usize,
        /// Such as `diff_ids`.
        what: &'static str,
        /// How many of them the config has.
        count: usize,
    },
    /// The base's config is of an unknown kind of image.
    #[error("the rootfs of base `{path}` is of type `{kind}`, not `layers`")]
    BaseRootfs {
        /// The base's folder.
        path: PathBuf,
        /// What the config says.
        kind: String,
    },
    /// A file with settings or annotations cannot be read or is not UTF-8.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file with the time of creation holds something else.
    #[error("`{path}` holds no RFC 3339 time")]
    Created {
        /// The file.
        path: PathBuf,
    },
    /// The variables of an image's environment are too large once their references are expanded.
    #[error(
        "cannot set the environment: with `{key}` expanded, the variables have more than the {JSON_LIMIT} bytes that a \
         config may have"
    )]
    Environment {
        /// The variable that is too large.
        key: String,
    },
    /// A layer cannot be used.
    #[error("cannot add the layer from `{created_by}`")]
    Layer {
        /// The label that the layer was built from.
        created_by: String,
        /// Why.
        #[source]
        source: Box<Error>,
    },
    /// A layer cannot be read.
    #[error("cannot read layer `{path}`")]
    ReadLayer {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A layer starts like a compressed file but is cut short, damaged or has something after its end.
    #[error("layer `{path}` is not one whole {compression} file")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What its first bytes say.
        compression: Compression,
        /// What the decoder says.
        #[source]
        source: io::Error,
    },
    /// A layer, or what it decompresses to, is no tar archive.
    #[error("layer `{path}` is not a tar archive, neither plain nor compressed with gzip or zstd")]
    NotATar {
        /// The file.
        path: PathBuf,
    },
    /// A layer, or what it decompresses to, has no bytes at all; an empty tar archive has blocks of zeros.
    #[error("layer `{path}` is empty, which not even an empty tar archive is")]
    EmptyLayer {
        /// The file.
        path: PathBuf,
    },
    /// The image's layout cannot be written.
    #[error("cannot write the image")]
    WriteImage(#[source] oci::Error),
    /// An image of an index is no layout, or a part of it is missing or not what its digest says.
    #[error("cannot use image `{path}`")]
    Image {
        /// The image's folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: oci::Error,
    },
    /// An image of an index is an index itself.
    #[error("`{path}` is an image index, not an image: indexes are not nested")]
    Nested {
        /// The layout's folder.
        path: PathBuf,
    },
    /// The index's layout cannot be written.
    #[error("cannot write the index")]
    WriteIndex(#[source] oci::Error),
    /// A compression level does not exist in the format.
    #[error("{format} has no level `{level}`, only {} to {}", .levels.start(), .levels.end())]
    Level {
        /// The format.
        format: &'static str,
        /// What was asked for.
        level: u32,
        /// What there is.
        levels: RangeInclusive<u32>,
    },
    /// What is to be compressed cannot be read.
    #[error("cannot read the input")]
    Input(#[source] io::Error),
    /// What was read cannot be compressed or written.
    #[error("cannot write the output")]
    Output(#[source] io::Error),
    /// The workspace status lacks a key that a template asks for.
    #[error("the workspace status has no key `{key}`")]
    UnknownKey {
        /// The key.
        key: String,
    },
}

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Base { source, .. }
            | Self::Image { source, .. }
            | Self::WriteImage(source)
            | Self::WriteIndex(source) => return source.hint(),
            Self::Layer { source, .. } => return source.hint(),
            Self::BaseIsIndex { .. } => "use the layout of one platform as `--base`, such as `@base_linux_amd64`",
            Self::Created { .. } => "write one such as `1970-01-01T00:00:00Z` into it",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
