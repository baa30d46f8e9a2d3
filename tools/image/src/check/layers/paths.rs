//! Whether the paths of one layer can be there together: each once, below directories, and not beside its own whiteout.
//!
//! Paths are kept as hashes with a secret key, one small number for each, so what a layer can cost does not depend on how
//! long its names are. Paths that lead out of the image by themselves are found before.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use crate::check::findings::codes::{self, Code};
use crate::layer_reader::{Entry, EntryKind, absolute};

/// How many paths of a layer are looked at, with the directories over them. The largest bases have a few hundred thousand.
const PATH_LIMIT: usize = 800_000;

/// The longest component of a path, in bytes (`NAME_MAX` of Linux).
const COMPONENT_LIMIT: usize = 255;

/// What a file's name begins with that removes one of a lower layer (image-spec, layer.md, "Whiteouts").
const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// Other marks of AUFS, which nobody unpacks.
const AUFS: &[u8] = b".wh..wh.";

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The kind of finding.
    pub code: &'static Code,
    /// What follows the path in a sentence.
    pub what: &'static str,
}

impl Flaw {
    const fn new(code: &'static Code, what: &'static str) -> Self {
        Self { code, what }
    }
}

const LONG: Flaw = Flaw::new(codes::LAYER_UNPACK, "has a component of more than 255 bytes");
const TWICE: Flaw = Flaw::new(codes::LAYER_DUPLICATE, "is there twice");
const BELOW_FILE: Flaw = Flaw::new(codes::LAYER_UNPACK, "is below or above an entry that is no directory");
const BELOW_ESCAPE: Flaw = Flaw::new(codes::LAYER_PATH, "is below a symbolic link that leads out of the image");
const WHITED_OUT: Flaw =
    Flaw::new(codes::LAYER_AMBIGUOUS, "is there together with the whiteout of it or of its directory");
const LATE_OPAQUE: Flaw = Flaw::new(codes::LAYER_AMBIGUOUS, "follows entries of the directory that it empties");
const NO_WHITEOUT: Flaw = Flaw::new(codes::LAYER_PATH, "is a whiteout of no file");
const BAD_LINK: Flaw = Flaw::new(codes::LAYER_UNPACK, "is a hard link to itself, a directory or something removed");
const TOO_MANY: Flaw = Flaw::new(codes::LAYER_TOO_LARGE, "and what follows it are more paths than are looked at");

/// What is known of a path.
#[derive(Clone, Copy, Default)]
struct Known(u8);

impl Known {
    const ENTRY: u8 = 1;
    const DIRECTORY: u8 = 2;
    const SYMLINK: u8 = 4;
    /// A symbolic link that leads out of the image.
    const ESCAPE: u8 = 8;
    /// A whiteout removes it.
    const REMOVED: u8 = 16;
    /// Something is below it.
    const POPULATED: u8 = 32;

    fn is(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// Whether nothing can be below it. What is below a symbolic link goes where that leads.
    fn is_leaf(self) -> bool {
        self.is(Self::ENTRY) && !self.is(Self::DIRECTORY | Self::SYMLINK)
    }
}

/// The paths of one layer so far.
#[derive(Default)]
pub struct Paths {
    known: HashMap<u64, Known>,
    hasher: RandomState,
    is_full: bool,
}

/// What became of an entry.
#[derive(Debug, Default)]
pub struct Judged {
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
    /// It is a hard link to something that this layer does not have, so a lower one must.
    pub needs_lower: bool,
}

impl Paths {
    /// Judges an entry beside those before it; `path` is its absolute path.
    pub fn visit(&mut self, entry: &Entry, path: &[u8]) -> Judged {
        let flawed = |flaw| Judged { flaw: Some(flaw), needs_lower: false };
        if self.is_full {
            return Judged::default();
        }
        if self.known.len() >= PATH_LIMIT {
            self.is_full = true;
            return flawed(TOO_MANY);
        }
        if path.split(|byte| *byte == b'/').any(|component| component.len() > COMPONENT_LIMIT) {
            return flawed(LONG);
        }
        let mut judged = Judged::default();
        if entry.kind == EntryKind::HardLink {
            judged = self.hard_link(entry, path);
        }
        // A global pax header makes no file, but has a name that Docker counts.
        let is_file = entry.kind != EntryKind::Other(b'g');
        let places = self.places(path);
        let above = if is_file { self.below(&places, name(path).starts_with(WHITEOUT)) } else { None };
        let own = self.known.entry(self.place(path)).or_default();
        let before = *own;
        own.0 |= Known::ENTRY | flags(entry, path);
        let conflict = if before.is(Known::ENTRY) {
            Some(TWICE)
        } else if before.is(Known::REMOVED) {
            Some(WHITED_OUT)
        } else if is_file && own.is_leaf() && before.is(Known::POPULATED) {
            Some(BELOW_FILE)
        } else {
            None
        };
        judged.flaw = judged.flaw.or(conflict).or(above).or_else(|| self.whiteout(path));
        judged
    }

    /// Tells the directories over a path of it. What is wrong with one of them. Those over one that was told before
    /// were told with it.
    fn below(&mut self, places: &[u64], is_whiteout: bool) -> Option<Flaw> {
        for place in places.iter().rev().skip(1) {
            let over = self.known.entry(*place).or_default();
            let before = *over;
            if !is_whiteout {
                over.0 |= Known::POPULATED;
            }
            if over.is_leaf() {
                return Some(BELOW_FILE);
            } else if over.is(Known::ESCAPE) {
                return Some(BELOW_ESCAPE);
            } else if over.is(Known::REMOVED) {
                return Some(WHITED_OUT);
            } else if before.is(Known::POPULATED) {
                return None;
            }
        }
        None
    }

    fn whiteout(&mut self, path: &[u8]) -> Option<Flaw> {
        let name = name(path);
        let removed = name.strip_prefix(WHITEOUT)?;
        let directory = &path[..path.len() - name.len()];
        if matches!(removed, b"" | b"." | b"..") {
            return Some(NO_WHITEOUT);
        }
        if name == OPAQUE {
            return self
                .known
                .get(&self.place(directory))
                .is_some_and(|known| known.is(Known::POPULATED))
                .then_some(LATE_OPAQUE);
        }
        if name.starts_with(AUFS) {
            return None;
        }
        let known = self.known.entry(self.place(&[directory, removed].concat())).or_default();
        known.0 |= Known::REMOVED;
        known.is(Known::ENTRY | Known::POPULATED).then_some(WHITED_OUT)
    }

    /// Where a hard link leads: daemons make it at once, so what it leads to has to be there.
    fn hard_link(&self, entry: &Entry, path: &[u8]) -> Judged {
        let Some(target) = entry.link.as_deref().and_then(absolute) else { return Judged::default() };
        let known = self.known.get(&self.place(&target)).copied().unwrap_or_default();
        let is_bad = target == path || known.is(Known::DIRECTORY | Known::REMOVED | Known::POPULATED);
        let is_through_link = self.places(&target).iter().rev().skip(1).any(|place| {
            // What is below a symbolic link is where that leads.
            self.known.get(place).is_some_and(|known| known.is(Known::SYMLINK))
        });
        Judged {
            flaw: (is_bad && !is_through_link).then_some(BAD_LINK),
            needs_lower: !is_bad && !is_through_link && !known.is(Known::ENTRY),
        }
    }

    /// The hashes of the image's top, of each directory over the path, and of the path.
    fn places(&self, path: &[u8]) -> Vec<u64> {
        let mut hasher = self.hasher.build_hasher();
        let mut places = vec![hasher.finish()];
        for component in path.split(|byte| *byte == b'/').filter(|component| !component.is_empty()) {
            hasher.write_u8(b'/');
            hasher.write(component);
            places.push(hasher.finish());
        }
        places
    }

    fn place(&self, path: &[u8]) -> u64 {
        self.places(path).last().copied().unwrap_or_default()
    }
}

fn name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

fn flags(entry: &Entry, path: &[u8]) -> u8 {
    match (entry.kind, &entry.link) {
        (EntryKind::Directory, _) => Known::DIRECTORY,
        (EntryKind::Symlink, Some(link)) if escapes(path, link) => Known::SYMLINK | Known::ESCAPE,
        (EntryKind::Symlink, _) => Known::SYMLINK,
        _ => 0,
    }
}

/// Whether a relative link climbs over the top of the image. An absolute one begins at the top.
fn escapes(path: &[u8], link: &[u8]) -> bool {
    if link.starts_with(b"/") {
        return false;
    }
    let mut depth = path.split(|byte| *byte == b'/').count().saturating_sub(2);
    for component in link.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." if depth == 0 => return true,
            b".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}
