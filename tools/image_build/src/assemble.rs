//! Assembling an image: layers and settings on top of a base or of nothing, byte for byte as `rules_oci` 2.3 does it.
//!
//! Owns the order of the steps. What the base brings is in `base`, what the caller asks for in `settings`, and how
//! both make the config and the manifest in `documents`.

pub mod base;
pub mod documents;
mod settings;

use std::io;
use std::path::{Path, PathBuf};

use crate::container_environment::EnvironmentTooLarge;
use crate::layer::{self, LayerError};
use oci::json;
use oci::layout::LayoutError;
use oci::layout_writer::{Blobs, LayoutWriter, WriteError, Written};

pub use base::{BaseSource, EPOCH};
use documents::Added;
pub use settings::Settings;

/// An image cannot be assembled.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The base is no layout, or a part of it is missing or not what its digest says.
    #[error("cannot use base `{path}`")]
    Base {
        /// The base's folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: LayoutError,
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
    /// The base's config is of a kind of image that nobody knows.
    #[error("the rootfs of base `{path}` is of type `{kind}`, not `layers`")]
    BaseRootfs {
        /// The base's folder.
        path: PathBuf,
        /// What the config says.
        kind: String,
    },
    /// A file with settings cannot be read or is not UTF-8.
    #[error("cannot read `{path}`")]
    ReadSettings {
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
    /// The environment cannot be set.
    #[error("cannot set the environment")]
    Environment(#[from] EnvironmentTooLarge),
    /// A layer cannot be used.
    #[error("cannot add the layer from `{created_by}`")]
    Layer {
        /// The label that the layer was built from.
        created_by: String,
        /// Why.
        #[source]
        source: LayerError,
    },
    /// The layout cannot be written.
    #[error("cannot write the image")]
    Write(#[from] WriteError),
}

impl AssembleError {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::BaseIsIndex { .. } => "use the layout of one platform as `--base`, such as `@base_linux_amd64`",
            Self::Created { .. } => "write one such as `1970-01-01T00:00:00Z` into it",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// A file that becomes a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFile {
    /// A tar archive, plain or compressed with gzip or zstd.
    pub path: PathBuf,
    /// The label for the history entry, `bazel build <label>`.
    pub created_by: String,
}

/// What to assemble.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folder for the layout: absent or empty.
    pub output: PathBuf,
    /// What the image is built on.
    pub base: BaseSource,
    /// The layers to add, lowest first.
    pub layers: Vec<LayerFile>,
    /// What to set in config and manifest.
    pub settings: Settings,
    /// How layers become blobs.
    pub blobs: Blobs,
}

/// Assembles an image and writes its layout.
///
/// # Errors
/// When the base, a layer or a settings file is not usable, or the layout cannot be written.
pub fn assemble(request: &Request) -> Result<Written, AssembleError> {
    let base = base::load(&request.base)?;
    let settings = request.settings.config(&base.config)?;
    let annotations = request.settings.annotations()?;
    let layers = measure_layers(&request.layers)?;

    let added = request.layers.iter().zip(&layers);
    let added: Vec<_> = added.map(|(file, layer)| Added::new(&file.created_by, layer.diff_id.as_ref())).collect();
    let config = json::to_string(&documents::config(base.config, &added, settings));

    let output = LayoutWriter::create(&request.output, request.blobs)?;
    let inherited = base.blobs.iter().map(|(digest, path)| (digest, path.as_path()));
    let added = request.layers.iter().zip(&layers).map(|(file, layer)| (&layer.digest, file.path.as_path()));
    output.place_blobs(inherited.chain(added))?;
    let config_digest = output.write_blob(config.as_bytes())?;

    let config = (&config_digest, config.len() as u64);
    let manifest = documents::manifest(base.manifest, config, &layers, annotations);
    let manifest_text = json::to_string(&manifest) + "\n";
    let digest = output.write_blob(manifest_text.as_bytes())?;

    let media_type = documents::manifest_media_type(&manifest);
    let descriptor = documents::descriptor(media_type, &digest, manifest_text.len() as u64);
    let index = documents::index(&base.index, &descriptor);
    Ok(output.finish(r#"{"imageLayoutVersion":"1.0.0"}"#, &index, digest)?)
}

/// Measures the files and names the label of the first that is not usable.
fn measure_layers(files: &[LayerFile]) -> Result<Vec<layer::Layer>, AssembleError> {
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let measured = layer::measure_all(&paths).into_iter().zip(files);
    let named = measured.map(|(result, file)| {
        result.map_err(|source| AssembleError::Layer { created_by: file.created_by.clone(), source })
    });
    named.collect()
}
