//! Assembling an image: layers and settings on top of a base or of nothing, byte for byte as `rules_oci` 2.3 does it.
//!
//! Owns the order of the steps. What the base brings is in `base`, what the caller asks for in `settings`, and how
//! both make the config and the manifest in `documents`.

pub mod base;
pub mod documents;
mod settings;

use std::path::{Path, PathBuf};

use crate::Error;
use crate::layer;
use oci::json;
use oci::layout_writer::{Blobs, LayoutWriter, Written};

pub use base::{BaseSource, EPOCH};
use documents::Added;
pub use settings::Settings;

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
pub fn assemble(request: &Request) -> Result<Written, Error> {
    let base = base::load(&request.base)?;
    let settings = request.settings.config(&base.config)?;
    let annotations = request.settings.annotations()?;
    let layers = measure_layers(&request.layers)?;

    let added = request.layers.iter().zip(&layers);
    let added: Vec<_> = added.map(|(file, layer)| Added::new(&file.created_by, layer.diff_id.as_ref())).collect();
    let config = json::to_string(&documents::config(base.config, &added, settings));

    let output = LayoutWriter::create(&request.output, request.blobs).map_err(Error::WriteImage)?;
    let inherited = base.blobs.iter().map(|(digest, path)| (digest, path.as_path()));
    let added = request.layers.iter().zip(&layers).map(|(file, layer)| (&layer.digest, file.path.as_path()));
    output.place_blobs(inherited.chain(added)).map_err(Error::WriteImage)?;
    let config_digest = output.write_blob(config.as_bytes()).map_err(Error::WriteImage)?;

    let config = (&config_digest, config.len() as u64);
    let manifest = documents::manifest(base.manifest, config, &layers, annotations);
    let manifest_text = json::to_string(&manifest) + "\n";
    let digest = output.write_blob(manifest_text.as_bytes()).map_err(Error::WriteImage)?;

    let media_type = documents::manifest_media_type(&manifest);
    let descriptor = documents::descriptor(media_type, &digest, manifest_text.len() as u64);
    let index = documents::index(&base.index, &descriptor);
    output.finish(r#"{"imageLayoutVersion":"1.0.0"}"#, &index, digest).map_err(Error::WriteImage)
}

/// Measures the files and names the label of the first that is not usable.
fn measure_layers(files: &[LayerFile]) -> Result<Vec<layer::Layer>, Error> {
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let measured = layer::measure_all(&paths).into_iter().zip(files);
    let named = measured.map(|(result, file)| {
        result.map_err(|source| Error::Layer { created_by: file.created_by.clone(), source: Box::new(source) })
    });
    named.collect()
}
