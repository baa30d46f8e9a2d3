//! What one layer holds, kept small: the facts of the stream, its first entries, and what its ELF file says.
//!
//! A layer is read once, whichever images it is in. What its content means for an image is decided in `files` and
//! `binary`.

pub(super) mod elf;
mod paths;
pub(super) mod stream;

use std::collections::HashMap;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;

use oci_spec::image::Descriptor;

use self::elf::Elf;
use self::paths::{Flaw, Judged, Paths};
use crate::layer_reader::{self, Budget, Entry, EntryKind, LayerFacts};
use image_build::compression::Compression;
use oci::layout::Layout;

/// The largest binary that is looked at, in bytes. It is held in memory while that is done.
pub const BINARY_LIMIT: u64 = 64 * 1024 * 1024;

/// How many entries of a layer are kept. One is what a service's layer has.
const ENTRY_LIMIT: usize = 16;

/// How many bytes of names are kept of all layers together. A layout can have thousands of layers.
const NAMES_LIMIT: usize = 16 * 1024 * 1024;

/// How much is kept of a path that is only shown, in bytes.
const SHOWN_LIMIT: usize = 1024;

/// What was found in a layer.
#[derive(Debug)]
pub struct Layer {
    /// Digest, `diff_id`, sizes, and what was wrong with the stream.
    pub facts: LayerFacts,
    /// The first entries.
    pub entries: Vec<Entry>,
    /// Paths that can lead out of the image, the first ones.
    pub bad_paths: Vec<Vec<u8>>,
    /// What is wrong with paths beside each other, the first of them.
    pub flaws: Vec<(Flaw, Vec<u8>)>,
    /// Hard links to what only a lower layer can have, the first ones.
    pub lower_links: Vec<Vec<u8>>,
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
    budget: Budget,
    /// Bytes of names that may still be kept.
    room: usize,
    read: HashMap<String, Layer>,
}

impl<'a> Layers<'a> {
    /// For a layout; `binary` is the absolute path of the file to look into.
    pub fn new(layout: &'a Layout, binary: Option<&'a str>) -> Self {
        Self { layout, binary, budget: Budget::default(), room: NAMES_LIMIT, read: HashMap::new() }
    }

    /// The layer, if [`Layers::read`] has read it.
    pub fn get(&self, descriptor: &Descriptor) -> Option<&Layer> {
        self.read.get(descriptor.digest().as_ref())
    }

    /// Reads the layer if it has not been; whether it was new.
    ///
    /// # Errors
    /// When the blob is missing, has another length than its descriptor says, is too large, or cannot be read.
    pub fn read(&mut self, descriptor: &Descriptor) -> Result<bool, oci::Error> {
        let file = self.layout.open_blob(descriptor)?;
        if self.get(descriptor).is_some() {
            return Ok(false);
        }
        let limits = self.budget.limits(descriptor.size()).ok_or_else(|| too_large(descriptor))?;
        let mut start = [0; 4];
        let is_zstd = file.read_exact_at(&mut start, 0).is_ok() && Compression::of_content(&start) == Compression::Zstd;
        let mut notes = Notes {
            binary_path: self.binary.map(str::as_bytes),
            has_room_for_binary: !is_zstd,
            room: self.room,
            ..Notes::default()
        };
        let facts = layer_reader::read_layer(file, limits, &mut |entry, content| notes.visit(entry, content))
            .or_else(|source| Err(oci::Error::Read { path: self.layout.blob_path(descriptor.digest())?, source }))?;
        self.budget.spend(facts.uncompressed_size.max(facts.size));
        let Notes { room, entries, bad_paths, flaws, lower_links, setuid, binary, .. } = notes;
        self.room = room;
        let layer = Layer { facts, entries, bad_paths, flaws, lower_links, setuid, binary };
        self.read.insert(descriptor.digest().to_string(), layer);
        Ok(true)
    }

    /// What is known of a layer's stream; nothing for a foreign layer that is not there.
    ///
    /// # Errors
    /// As [`Layers::read`].
    pub fn facts(&mut self, descriptor: &Descriptor) -> Result<Option<&LayerFacts>, oci::Error> {
        if self.layout.layer_path(descriptor)?.is_none() {
            return Ok(None);
        }
        self.read(descriptor)?;
        Ok(self.get(descriptor).map(|layer| &layer.facts))
    }

    /// Allows a blob that is no layer to be read.
    ///
    /// # Errors
    /// When it is too large.
    pub fn admit(&mut self, descriptor: &Descriptor) -> Result<(), oci::Error> {
        self.budget.limits(descriptor.size()).ok_or_else(|| too_large(descriptor))?;
        self.budget.spend(descriptor.size());
        Ok(())
    }
}

fn too_large(descriptor: &Descriptor) -> oci::Error {
    oci::Error::BlobTooLarge { digest: descriptor.digest().clone(), size: descriptor.size() }
}

#[derive(Default)]
struct Notes<'a> {
    binary_path: Option<&'a [u8]>,
    /// Beside a zstd decoder's window there is none, and a service's layer is not of zstd.
    has_room_for_binary: bool,
    room: usize,
    entries: Vec<Entry>,
    paths: Paths,
    bad_paths: Vec<Vec<u8>>,
    flaws: Vec<(Flaw, Vec<u8>)>,
    lower_links: Vec<Vec<u8>>,
    setuid: Vec<Vec<u8>>,
    binary: Option<Binary>,
}

impl Notes<'_> {
    fn visit(&mut self, entry: &Entry, content: &mut dyn Read) -> io::Result<()> {
        let path = entry.absolute_path();
        let link_is_bad = entry.kind == EntryKind::HardLink && entry.link.as_ref().is_none_or(|link| climbs(link));
        if path.is_none() || link_is_bad {
            keep_path(&mut self.bad_paths, &entry.path, &mut self.room);
        }
        if let (Some(path), false) = (&path, link_is_bad) {
            self.judge(entry, path);
        }
        if entry.mode & 0o6000 != 0 && entry.kind != EntryKind::Symlink {
            keep_path(&mut self.setuid, &entry.path, &mut self.room);
        }
        // What is not kept still counts: `files` tells of more entries than it sees.
        if self.entries.len() < ENTRY_LIMIT && take(&mut self.room, weight(entry)) {
            self.entries.push(entry.clone());
        }
        // A second entry of the same path replaces the first when it is unpacked.
        let is_binary = self.binary_path.is_some() && path.as_deref() == self.binary_path;
        if entry.kind == EntryKind::File && is_binary && self.has_room_for_binary {
            self.binary = None;
            self.binary = Some(read_binary(entry.size, content)?);
        }
        Ok(())
    }

    fn judge(&mut self, entry: &Entry, path: &[u8]) {
        let Judged { flaw, needs_lower } = self.paths.visit(entry, path);
        if let Some(flaw) = flaw {
            let mut kept = Vec::new();
            if self.flaws.len() < ENTRY_LIMIT {
                keep_path(&mut kept, &entry.path, &mut self.room);
            }
            self.flaws.extend(kept.into_iter().map(|path| (flaw, path)));
        }
        if needs_lower {
            keep_path(&mut self.lower_links, &entry.path, &mut self.room);
        }
    }
}

/// The first of a layer is kept in any case: it makes a finding.
fn keep_path(kept: &mut Vec<Vec<u8>>, path: &[u8], room: &mut usize) {
    let shown = &path[..path.len().min(SHOWN_LIMIT)];
    if kept.is_empty() || (kept.len() < ENTRY_LIMIT && take(room, shown.len())) {
        kept.push(shown.to_vec());
    }
}

/// Makes room for so many bytes, if there is any.
fn take(room: &mut usize, bytes: usize) -> bool {
    let left = room.checked_sub(bytes);
    *room = left.unwrap_or(*room);
    left.is_some()
}

/// Bytes that an entry takes in memory, about.
fn weight(entry: &Entry) -> usize {
    let names = [&entry.path, &entry.user_name, &entry.group_name].into_iter().chain(&entry.link);
    let attributes = entry.extended_attributes.iter().map(String::len);
    size_of::<Entry>() + names.map(Vec::len).chain(attributes).sum::<usize>()
}

/// Whether a hard link's target, which is a path from the top of the image, leads out of it.
fn climbs(link: &[u8]) -> bool {
    link.split(|byte| *byte == b'/').any(|component| component == b"..")
}

/// Reads a program whose length is `size` bytes.
pub(super) fn read_binary(size: u64, content: &mut dyn Read) -> io::Result<Binary> {
    if size > BINARY_LIMIT {
        return Ok(Binary { size, elf: None });
    }
    // Reserved at once, so that growing never holds two copies; memory that is not written to costs nothing.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    content.take(size).read_to_end(&mut bytes)?;
    Ok(Binary { size, elf: Some(Elf::parse(&bytes)) })
}
