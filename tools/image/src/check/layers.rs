//! What one layer holds, kept small: the facts of the stream, its first entries, and what its ELF file says.
//!
//! A layer is read once, whichever images it is in. What its content means for an image is decided in `files` and
//! `binary`.

use std::collections::HashMap;
use std::io::{self, Read};

use oci_spec::image::Descriptor;

use super::elf::Elf;
use crate::archive::{self, Entry, EntryKind, LayerFacts, Limits};
use crate::layout::{Layout, LayoutError};

/// The largest binary that is looked at, in bytes. It is held in memory while that is done.
pub const BINARY_LIMIT: u64 = 64 * 1024 * 1024;

/// How many entries of a layer are kept. One is what a service's layer has.
const ENTRY_LIMIT: usize = 16;

/// Decompressed bytes of all layers of a layout together.
const TOTAL_BYTES: u64 = 32 << 30;

/// What was found in a layer.
#[derive(Debug)]
pub struct Layer {
    /// Digest, `diff_id`, sizes, and what was wrong with the stream.
    pub facts: LayerFacts,
    /// The first entries.
    pub entries: Vec<Entry>,
    /// Paths that can lead out of the image, the first ones.
    pub bad_paths: Vec<Vec<u8>>,
    /// Paths that are setuid or setgid, the first ones.
    pub setuid: Vec<Vec<u8>>,
    /// What is at the binary's path, if it is a regular file.
    pub binary: Option<Binary>,
}

/// The service's file.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Its length in bytes.
    pub size: u64,
    /// What it says, what is wrong with it, or nothing when it is over [`BINARY_LIMIT`].
    pub elf: Option<Result<Elf, String>>,
}

/// Reads layers, each blob once.
pub struct Layers<'a> {
    layout: &'a Layout,
    binary: Option<&'a str>,
    left: u64,
    read: HashMap<String, Layer>,
}

impl<'a> Layers<'a> {
    /// For a layout; `binary` is the absolute path of the file to look into.
    pub fn new(layout: &'a Layout, binary: Option<&'a str>) -> Self {
        Self { layout, binary, left: TOTAL_BYTES, read: HashMap::new() }
    }

    /// The layer, if [`Layers::read`] has read it.
    pub fn get(&self, descriptor: &Descriptor) -> Option<&Layer> {
        self.read.get(descriptor.digest().as_ref())
    }

    /// Reads the layer if it has not been; whether it was new.
    ///
    /// # Errors
    /// When the blob is missing, has another length than its descriptor says, or cannot be read.
    pub fn read(&mut self, descriptor: &Descriptor) -> Result<bool, LayoutError> {
        let file = self.layout.open_blob(descriptor)?;
        if self.get(descriptor).is_some() {
            return Ok(false);
        }
        let limits = Limits::default();
        let limits = Limits { bytes: limits.bytes.min(self.left), ..limits };
        let mut notes = Notes { binary_path: self.binary.map(str::as_bytes), ..Notes::default() };
        let facts = archive::read_layer(file, limits, &mut |entry, content| notes.visit(entry, content))
            .or_else(|source| Err(LayoutError::Read { path: self.layout.blob_path(descriptor.digest())?, source }))?;
        self.left -= facts.uncompressed_size.min(self.left);
        let Notes { entries, bad_paths, setuid, binary, .. } = notes;
        self.read.insert(descriptor.digest().to_string(), Layer { facts, entries, bad_paths, setuid, binary });
        Ok(true)
    }
}

#[derive(Default)]
struct Notes<'a> {
    binary_path: Option<&'a [u8]>,
    entries: Vec<Entry>,
    bad_paths: Vec<Vec<u8>>,
    setuid: Vec<Vec<u8>>,
    binary: Option<Binary>,
}

impl Notes<'_> {
    fn visit(&mut self, entry: &Entry, content: &mut dyn Read) -> io::Result<()> {
        let path = entry.absolute_path();
        let link_is_bad = entry.kind == EntryKind::HardLink && entry.link.as_ref().is_none_or(|link| climbs(link));
        if (path.is_none() || link_is_bad) && self.bad_paths.len() < ENTRY_LIMIT {
            self.bad_paths.push(entry.path.clone());
        }
        if entry.mode & 0o6000 != 0 && entry.kind != EntryKind::Symlink && self.setuid.len() < ENTRY_LIMIT {
            self.setuid.push(entry.path.clone());
        }
        if self.entries.len() < ENTRY_LIMIT {
            self.entries.push(entry.clone());
        }
        // A second entry of the same path replaces the first when it is unpacked.
        if entry.kind == EntryKind::File && self.binary_path.is_some() && path.as_deref() == self.binary_path {
            self.binary = None;
            self.binary = Some(read_binary(entry.size, content)?);
        }
        Ok(())
    }
}

/// Whether a hard link's target, which is a path from the top of the image, leads out of it.
fn climbs(link: &[u8]) -> bool {
    link.split(|byte| *byte == b'/').any(|component| component == b"..")
}

fn read_binary(size: u64, content: &mut dyn Read) -> io::Result<Binary> {
    if size > BINARY_LIMIT {
        return Ok(Binary { size, elf: None });
    }
    // Reserved at once, so that growing never holds two copies; memory that is not written to costs nothing.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    content.take(size).read_to_end(&mut bytes)?;
    Ok(Binary { size, elf: Some(Elf::parse(&bytes)) })
}
