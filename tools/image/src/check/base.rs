//! The base that images stand on: which layers it has on which platform, and which layers of an image are above it.

use std::path::{Path, PathBuf};

use oci_spec::image::{Descriptor, Digest};

use super::findings::{Findings, Place, quoted};
use super::platforms::{self, Found};
use crate::check::findings::codes;
use oci::document::DocumentKind;
use oci::json::{Json, Object};
use oci::layout::{Layout, LayoutError};
use oci::platform;
use oci::tree::{self, Content, Node, TreeError};

/// Why a base cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// Its layout cannot be opened.
    #[error("cannot read base layout `{path}`")]
    Open {
        /// The layout.
        path: PathBuf,
        /// Why.
        #[source]
        source: LayoutError,
    },
    /// Something in it cannot be read.
    #[error("cannot read `{digest}` in base layout `{path}`: {reason}")]
    Read {
        /// The layout.
        path: PathBuf,
        /// The manifest, index or config.
        digest: Digest,
        /// Why.
        reason: String,
    },
    /// There is no image in it.
    #[error("base layout `{path}` has no image")]
    Empty {
        /// The layout.
        path: PathBuf,
    },
}

/// The images of all base layouts.
#[derive(Debug, Default)]
pub struct Bases(Vec<Base>);

/// One image that others stand on.
#[derive(Debug)]
pub struct Base {
    platform: String,
    layers: Vec<Digest>,
    /// Its config, with every member in its place.
    pub config: Object,
    /// Its manifest, likewise.
    pub manifest: Object,
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
    pub fn read(paths: &[PathBuf]) -> Result<Self, BaseError> {
        let mut bases = Vec::new();
        for path in paths {
            let layout = Layout::open(path).map_err(|source| BaseError::Open { path: path.clone(), source })?;
            let nodes = tree::read(&layout);
            unreadable(&nodes, path)?;
            let before = bases.len();
            for found in platforms::images(&nodes) {
                let Ok(config) = &found.image.config else { continue };
                let layers = found.image.manifest.layers().iter().map(|layer| layer.digest().clone()).collect();
                let object = |descriptor, kind| object(&layout, descriptor, kind, path);
                bases.push(Base {
                    platform: platform::of_config(config),
                    layers,
                    config: object(found.image.manifest.config(), DocumentKind::Config)?,
                    manifest: object(found.descriptor, DocumentKind::Manifest)?,
                });
            }
            if bases.len() == before {
                return Err(BaseError::Empty { path: path.clone() });
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

fn object(layout: &Layout, descriptor: &Descriptor, kind: DocumentKind, path: &Path) -> Result<Object, BaseError> {
    match layout.read_json(descriptor, kind) {
        Ok(Json::Object(object)) => Ok(object),
        // A typed reader has taken it for an object before.
        Ok(_) => Err(BaseError::Empty { path: path.to_path_buf() }),
        Err(source) => Err(BaseError::Open { path: path.to_path_buf(), source }),
    }
}

fn unreadable(nodes: &[Node], path: &Path) -> Result<(), BaseError> {
    let fail = |digest: &Digest, error: &TreeError| {
        Err(BaseError::Read { path: path.to_path_buf(), digest: digest.clone(), reason: error.to_string() })
    };
    for Node { descriptor, content } in nodes {
        match content {
            Content::Index(_, children) => unreadable(children, path)?,
            Content::Unreadable(error) => return fail(descriptor.digest(), error),
            Content::Image(image) => {
                if let Err(error) = &image.config {
                    return fail(image.manifest.config().digest(), error);
                }
            }
            Content::Artifact(_) | Content::Unknown => {}
        }
    }
    Ok(())
}
