//! The base that images stand on: which layers it has on which platform, and which layers of an image are above it.

use std::path::{Path, PathBuf};

use oci_spec::image::{Descriptor, Digest};
use serde_json::Value;

use super::findings::{Findings, Place, quoted};
use super::platforms::{self, Found};
use crate::Error;
use crate::check::findings::codes;
use oci::document::DocumentKind;
use oci::layout::Layout;
use oci::platform;
use oci::tree::{self, Node, NodeContent};

/// The images of all base layouts.
#[derive(Debug, Default)]
pub struct Bases(Vec<Base>);

/// One image that others stand on.
#[derive(Debug)]
pub struct Base {
    platform: String,
    layers: Vec<Digest>,
    /// Its config, with every member in its place.
    pub config: Value,
    /// Its manifest, likewise.
    pub manifest: Value,
}

/// Where an image stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The base; nothing for an image from scratch.
    pub base: Option<&'a Base>,
    /// Whether the image stands on what it should. If not, that is a finding already.
    pub is_sound: bool,
    /// The layers above it.
    pub above: &'a [Descriptor],
}

impl Bases {
    /// Reads manifests and configs of the layouts in `paths`. Their layers are not opened: those of a checked image
    /// are, and are compared by digest.
    ///
    /// # Errors
    /// When a layout or something in it cannot be read, or there is no image in it.
    pub fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut bases = Vec::new();
        for path in paths {
            let layout = Layout::open(path).map_err(|source| Error::Base { path: path.clone(), source })?;
            let nodes = tree::read(&layout);
            unreadable(&nodes, path)?;
            let before = bases.len();
            for found in platforms::images(&nodes) {
                let Ok(config) = &found.image.config else { continue };
                let layers = found.image.manifest.layers().iter().map(|layer| layer.digest().clone()).collect();
                let read = |descriptor: &Descriptor, kind| {
                    let json = layout.read_json::<Value>(descriptor, kind);
                    json.map_err(|source| Error::Base { path: path.clone(), source })
                };
                bases.push(Base {
                    platform: platform::of_config(config),
                    layers,
                    config: read(found.image.manifest.config(), DocumentKind::Config)?,
                    manifest: read(found.descriptor, DocumentKind::Manifest)?,
                });
            }
            if bases.len() == before {
                return Err(Error::EmptyBase { path: path.clone() });
            }
        }
        Ok(Self(bases))
    }

    /// Where an image stands. Without any base all of its layers are above it.
    pub fn standing<'a>(&'a self, found: &Found<'a>, name: &str, findings: &mut Findings) -> Standing<'a> {
        let layers = found.image.manifest.layers().as_slice();
        if self.0.is_empty() {
            return Standing { base: None, is_sound: true, above: layers };
        }
        let place = Place::of_platform(name).blob(found.descriptor.digest()).field("layers");
        let Some(base) = self.0.iter().find(|base| platform::normal(&base.platform) == platform::normal(name)) else {
            let message = format!("no base layout has an image for {}", quoted(name));
            findings.add(codes::BASE_PLATFORM, place, message);
            return Standing { base: None, is_sound: false, above: layers };
        };
        let same = base.layers.iter().zip(layers).take_while(|(base, layer)| *base == layer.digest()).count();
        if same == base.layers.len() {
            return Standing { base: Some(base), is_sound: true, above: &layers[same..] };
        }
        let actual = layers.get(same).map_or_else(|| "absent".to_owned(), |layer| format!("`{}`", layer.digest()));
        let message = format!("layer {} is {actual}, the base's is `{}`", same + 1, base.layers[same]);
        findings.add(codes::BASE_MISMATCH, place, message);
        // The topmost layer is the service's in any case; the others would only repeat that the base is another.
        Standing { base: Some(base), is_sound: false, above: &layers[layers.len().saturating_sub(1)..] }
    }
}

fn unreadable(nodes: &[Node], path: &Path) -> Result<(), Error> {
    let fail = |digest: &Digest, error: &oci::Error| {
        Err(Error::BaseContent { path: path.to_path_buf(), digest: digest.clone(), reason: error.to_string() })
    };
    for Node { descriptor, content } in nodes {
        match content {
            NodeContent::Index(_, children) => unreadable(children, path)?,
            NodeContent::Unreadable(error) => return fail(descriptor.digest(), error),
            NodeContent::Image(image) => {
                if let Err(error) = &image.config {
                    return fail(image.manifest.config().digest(), error);
                }
            }
            NodeContent::Artifact(_) | NodeContent::Unknown => {}
        }
    }
    Ok(())
}
