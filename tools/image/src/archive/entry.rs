//! The entries of a layer's tar archive, with what other tar readers would make of them.

use std::io::{self, Read};

use tar::{Archive, EntryType};

use super::Problem;
use super::stream::Meter;

/// What the names and pax records of one entry may have, in bytes: extended attributes can be long.
const METADATA_LIMIT: u64 = 1024 * 1024;

/// The longest path, link and owner, in bytes. Linux refuses longer paths, so no container can have them.
const NAME_LIMIT: usize = 4096;

/// How many extended attributes of an entry are kept. One is too many for a service.
const ATTRIBUTE_LIMIT: usize = 16;

/// How much of what a tar reader says is kept, in characters: it may quote a name.
const WORDS_LIMIT: usize = 200;

/// What an entry makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A hard link to another path of the image.
    HardLink,
    /// A symbolic link.
    Symlink,
    /// A directory.
    Directory,
    /// A device, a FIFO, a global pax header, or a type that no specification knows.
    Other(u8),
}

impl EntryKind {
    fn of(kind: EntryType) -> Self {
        match kind {
            EntryType::Regular | EntryType::Continuous => Self::File,
            EntryType::Link => Self::HardLink,
            EntryType::Symlink => Self::Symlink,
            EntryType::Directory => Self::Directory,
            other => Self::Other(other.as_byte()),
        }
    }

    /// As in `a symbolic link`.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::File => "a regular file",
            Self::HardLink => "a hard link",
            Self::Symlink => "a symbolic link",
            Self::Directory => "a directory",
            Self::Other(b'3' | b'4') => "a device",
            Self::Other(b'6') => "a FIFO",
            Self::Other(b'g') => "a global pax header",
            Self::Other(_) => "an entry of an unknown type",
        }
    }
}

/// One entry, long names and pax records applied.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As in the archive: `api`, `./api` and `/api` are the same file.
    pub path: Vec<u8>,
    /// What it makes.
    pub kind: EntryKind,
    /// Where a link leads.
    pub link: Option<Vec<u8>>,
    /// Permission bits with setuid, setgid and sticky.
    pub mode: u32,
    /// Numeric owner.
    pub uid: u64,
    /// Numeric group.
    pub gid: u64,
    /// Owner by name; extractors prefer it over the number.
    pub user_name: Vec<u8>,
    /// Group by name; extractors prefer it over the number.
    pub group_name: Vec<u8>,
    /// Seconds since the epoch; nothing if negative or not whole.
    pub mtime: Option<u64>,
    /// Bytes of content.
    pub size: u64,
    /// The keys of its pax records that stand for extended attributes, capabilities among them; the first ones.
    pub extended_attributes: Vec<String>,
}

impl Entry {
    /// The path as it is in a container: absolute, without `.` and doubled slashes. Nothing when a component is
    /// `..` or the name has a NUL, which extractors cut at different places.
    #[must_use]
    pub fn absolute_path(&self) -> Option<Vec<u8>> {
        let mut absolute = Vec::with_capacity(self.path.len() + 1);
        for component in self.path.split(|byte| *byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => return None,
                component if component.contains(&0) => return None,
                component => {
                    absolute.push(b'/');
                    absolute.extend_from_slice(component);
                }
            }
        }
        if absolute.is_empty() {
            absolute.push(b'/');
        }
        Some(absolute)
    }
}

/// Visits the entries up to the first that cannot be read; how many there were, and what stopped it.
pub fn read_entries(
    meter: &Meter,
    limit: u64,
    visit: &mut dyn FnMut(&Entry, &mut dyn Read) -> io::Result<()>,
) -> (u64, Option<Problem>) {
    let mut archive = Archive::new(meter);
    let mut entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return (0, Some(Problem::NotTar(shortened(&error.to_string())))),
    };
    let mut count = 0;
    loop {
        meter.allow(METADATA_LIMIT);
        let next = entries.next();
        meter.allow(u64::MAX);
        let outcome = match next {
            None => return (count, None),
            Some(_) if count == limit => return (count, Some(Problem::TooManyEntries(limit))),
            Some(Ok(entry)) => read_entry(entry, visit),
            Some(Err(error)) if count == 0 => Err(Problem::NotTar(shortened(&error.to_string()))),
            Some(Err(error)) => Err(broken(&error)),
        };
        match outcome {
            Ok(()) => count += 1,
            Err(problem) => return (count, Some(problem)),
        }
    }
}

fn read_entry(
    mut source: tar::Entry<'_, &Meter>,
    visit: &mut dyn FnMut(&Entry, &mut dyn Read) -> io::Result<()>,
) -> Result<(), Problem> {
    if source.header().entry_type().is_gnu_sparse() {
        return Err(Problem::Sparse(shortened(&String::from_utf8_lossy(&source.path_bytes()))));
    }
    let entry = describe(&mut source).map_err(|error| broken(&error))?;
    let claimed = entry.size;
    let mut content = Counted { inner: source, count: 0 };
    visit(&entry, &mut content).map_err(|error| broken(&error))?;
    io::copy(&mut content, &mut io::sink()).map_err(|error| broken(&error))?;
    if content.count == claimed {
        Ok(())
    } else {
        Err(Problem::BrokenTar(format!("an entry claims {claimed} bytes, {} are there", content.count)))
    }
}

fn broken(error: &io::Error) -> Problem {
    Problem::BrokenTar(shortened(&error.to_string()))
}

fn shortened(words: &str) -> String {
    words.chars().take(WORDS_LIMIT).collect()
}

fn describe(source: &mut tar::Entry<'_, &Meter>) -> io::Result<Entry> {
    let header = source.header();
    let fields = header.as_old();
    let mut entry = Entry {
        path: source.path_bytes().into_owned(),
        kind: EntryKind::of(header.entry_type()),
        link: source.link_name_bytes().map(std::borrow::Cow::into_owned),
        mode: or_blank(header.mode(), &fields.mode)?,
        uid: or_blank(header.uid(), &fields.uid)?,
        gid: or_blank(header.gid(), &fields.gid)?,
        user_name: header.username_bytes().unwrap_or_default().to_vec(),
        group_name: header.groupname_bytes().unwrap_or_default().to_vec(),
        mtime: Some(or_blank(header.mtime(), &fields.mtime)?),
        size: source.size(),
        extended_attributes: Vec::new(),
    };
    // A global pax header is an entry of its own here, its records are content.
    if entry.kind != EntryKind::Other(b'g') {
        apply_pax(&mut entry, source)?;
    }
    // Base-256 fields are read as unsigned; a negative time comes out beyond this.
    entry.mtime = entry.mtime.filter(|seconds| i64::try_from(*seconds).is_ok());
    let names = [&entry.path, &entry.user_name, &entry.group_name].into_iter().chain(&entry.link);
    if names.into_iter().any(|name| name.len() > NAME_LIMIT) {
        return Err(io::Error::other(format!("an entry has a name of more than {NAME_LIMIT} bytes")));
    }
    Ok(entry)
}

/// A number of the header; 0 where its field is blank, which unpackers take for 0 and some packers write.
fn or_blank<N: Default>(number: io::Result<N>, field: &[u8]) -> io::Result<N> {
    match number {
        Err(_) if field.iter().all(|byte| matches!(byte, 0 | b' ')) => Ok(N::default()),
        number => number,
    }
}

/// Takes over the records that the tar reader leaves to its caller.
fn apply_pax(entry: &mut Entry, source: &mut tar::Entry<'_, &Meter>) -> io::Result<()> {
    let Some(records) = source.pax_extensions()? else { return Ok(()) };
    let mut seen = std::collections::HashSet::new();
    for record in records {
        let record = record?;
        let key = String::from_utf8_lossy(record.key_bytes()).into_owned();
        match key.as_str() {
            "uname" => entry.user_name = record.value_bytes().to_vec(),
            "gname" => entry.group_name = record.value_bytes().to_vec(),
            "mtime" => entry.mtime = record.value().ok().and_then(|value| value.parse().ok()),
            key if key.starts_with("GNU.sparse.") => {
                return Err(io::Error::other("pax sparse files are not supported in layers"));
            }
            key if key.contains("xattr.") && entry.extended_attributes.len() < ATTRIBUTE_LIMIT => {
                entry.extended_attributes.push(shortened(key));
            }
            _ => {}
        }
        // Readers differ on which of two records counts.
        if !seen.insert(key.clone()) {
            return Err(io::Error::other(format!("the pax record `{}` is given twice", key.escape_debug())));
        }
    }
    Ok(())
}

struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}
