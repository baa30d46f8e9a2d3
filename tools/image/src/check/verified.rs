//! What was looked at in an image: the summary that a check gives when there is nothing to complain about.

use oci_spec::image::{Digest, ImageConfiguration};
use serde::Serialize;

use super::findings::printable;
use super::layers::{Binary, Layers};
use super::platforms::Found;
use crate::layer_reader::Entry;
use oci::platform;

/// One image.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// As in the config, `linux/arm64/v8`.
    pub platform: String,
    /// Of the manifest.
    pub digest: Digest,
    /// How many layers it has.
    pub layers: usize,
    /// How many of them are above the base; only known under a contract.
    pub layers_above_base: Option<usize>,
    /// Bytes of manifest, config and layers as a registry gets them.
    pub size: u64,
    /// Tar entries in all layers.
    pub entries: u64,
    /// The config's user.
    pub user: Option<String>,
    /// The config's time, as it stands there.
    pub created: Option<String>,
    /// The service; only known under a contract that names it.
    pub binary: Option<VerifiedBinary>,
}

/// A service's executable.
#[derive(Debug, Serialize)]
pub struct VerifiedBinary {
    /// Where it is.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// The machine that it is for, in words; nothing if it is no ELF file.
    pub machine: Option<String>,
    /// Its modification time in seconds since the epoch.
    pub mtime: Option<u64>,
}

impl Verified {
    pub(super) fn of(found: &Found<'_>, config: &ImageConfiguration, layers: &Layers<'_>) -> Self {
        let manifest = &found.image.manifest;
        let blobs = manifest.layers().iter().chain([manifest.config(), found.descriptor]);
        let entries = manifest.layers().iter().filter_map(|layer| layers.get(layer));
        let text = |value: &String| printable(value.as_bytes());
        Self {
            platform: printable(platform::of_config(config).as_bytes()),
            digest: found.descriptor.digest().clone(),
            layers: manifest.layers().len(),
            layers_above_base: None,
            size: blobs.fold(0, |sum, blob| sum.saturating_add(blob.size())),
            entries: entries.map(|layer| layer.facts.entries).sum(),
            user: config.config().as_ref().and_then(|settings| settings.user().as_ref()).map(text),
            created: config.created().as_ref().map(text),
            binary: None,
        }
    }
}

impl VerifiedBinary {
    pub(super) fn of(binary: &Binary, entry: &Entry) -> Self {
        let elf = binary.elf.as_ref().and_then(|elf| elf.as_ref().ok());
        Self {
            path: printable(&entry.absolute_path().unwrap_or_default()),
            size: binary.size,
            machine: elf.map(|elf| elf.target.to_string()),
            mtime: entry.mtime,
        }
    }
}
