//! An entry of a layer: what its own header and the extended ones before it come to together.

use super::fault::Fault;
use super::header::Header;
use super::pax::{Records, Time};

/// The longest path, link and owner, in bytes. Linux refuses longer paths, so no container can have them.
const NAME_LIMIT: usize = 4096;

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
    /// A device, a FIFO or a global pax header.
    Other(u8),
}

impl EntryKind {
    /// The types that daemons unpack; the others, contiguous files among them, they refuse. An old directory is a file
    /// by its type and has a slash after its name.
    fn of(type_flag: u8, name: &[u8]) -> Result<Self, Fault> {
        match type_flag {
            0 if name.ends_with(b"/") => Ok(Self::Directory),
            0 | b'0' => Ok(Self::File),
            b'1' => Ok(Self::HardLink),
            b'2' => Ok(Self::Symlink),
            b'5' => Ok(Self::Directory),
            b'3' | b'4' | b'6' => Ok(Self::Other(type_flag)),
            b'S' => Err(Fault::Sparse(name.to_vec())),
            other => Err(Fault::Malformed(format!(
                "an entry is of type `{}`, which no daemon unpacks",
                other.escape_ascii()
            ))),
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
            Self::Other(_) => "a global pax header",
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
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Owner by name; extractors prefer it over the number.
    pub user_name: Vec<u8>,
    /// Group by name; extractors prefer it over the number.
    pub group_name: Vec<u8>,
    /// Seconds since the epoch; nothing if negative or not whole.
    pub mtime: Option<u64>,
    /// Bytes of content.
    pub size: u64,
    /// The keys of its pax records that stand for extended attributes, capabilities and access lists among them; the
    /// first ones.
    pub extended_attributes: Vec<String>,
}

/// What stands before an entry and belongs to it.
#[derive(Debug, Default)]
pub struct Extended {
    /// pax records.
    pub pax: Option<Records>,
    /// GNU's long name.
    pub long_name: Option<Vec<u8>>,
    /// GNU's long link.
    pub long_link: Option<Vec<u8>>,
}

impl Extended {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.pax.is_none() && self.long_name.is_none() && self.long_link.is_none()
    }
}

impl Entry {
    /// A global pax header, which is an entry of its own.
    #[must_use]
    pub fn global(header: Header) -> Self {
        let mut entry = Self::new(header, Records::default(), EntryKind::Other(b'g'));
        entry.size = 0;
        entry
    }

    /// The entry with this header and these before it.
    ///
    /// # Errors
    /// When daemons refuse it or readers disagree on what it is.
    pub fn assemble(mut header: Header, extended: Extended) -> Result<Self, Fault> {
        let Extended { pax, long_name, long_link } = extended;
        if pax.is_some() && (long_name.is_some() || long_link.is_some()) {
            return Err(Fault::ambiguous("an entry has pax records and a GNU long name"));
        }
        let mut records = pax.unwrap_or_default();
        if records.size.is_some_and(|size| size != header.size) {
            return Err(Fault::ambiguous("an entry has one size in its header and another in its pax records"));
        }
        header.name = long_name.or(records.path.take()).unwrap_or(header.name);
        header.link = long_link.or(records.link.take()).unwrap_or(header.link);
        if let Some(name) = records.sparse {
            return Err(Fault::Sparse(if name.is_empty() { header.name } else { name }));
        }
        let kind = EntryKind::of(header.type_flag, &header.name)?;
        let entry = Self::new(header, records, kind);
        entry.judge()?;
        Ok(entry)
    }

    fn new(header: Header, records: Records, kind: EntryKind) -> Self {
        let is_link = matches!(kind, EntryKind::HardLink | EntryKind::Symlink);
        Self {
            path: header.name,
            kind,
            link: is_link.then_some(header.link),
            mode: header.mode,
            uid: records.uid.unwrap_or(header.uid),
            gid: records.gid.unwrap_or(header.gid),
            user_name: records.user_name.unwrap_or(header.user_name),
            group_name: records.group_name.unwrap_or(header.group_name),
            mtime: records.mtime.map_or_else(|| u64::try_from(header.mtime).ok(), Time::whole),
            size: header.size,
            extended_attributes: records.attributes,
        }
    }

    fn judge(&self) -> Result<(), Fault> {
        let names = [&self.path, &self.user_name, &self.group_name].into_iter().chain(&self.link);
        if names.into_iter().any(|name| name.len() > NAME_LIMIT) {
            return Err(Fault::Malformed(format!("an entry has a name of more than {NAME_LIMIT} bytes")));
        }
        if self.path.is_empty() {
            return Err(Fault::malformed("an entry has no name"));
        }
        if self.link.as_ref().is_some_and(Vec::is_empty) {
            return Err(Fault::malformed("a link leads nowhere"));
        }
        // Some readers take what follows for content and others for the next header.
        if self.kind != EntryKind::File && self.size > 0 {
            return Err(Fault::ambiguous("an entry that is no file claims to have content"));
        }
        // Some take it for a directory.
        let last = self.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if self.kind != EntryKind::Directory && matches!(last, b"" | b".") {
            return Err(Fault::ambiguous("an entry that is no directory is named as one"));
        }
        Ok(())
    }

    /// The path as it is in a container: absolute, without `.` and doubled slashes. Nothing when a component is
    /// `..` or the name has a NUL, which extractors cut at different places.
    #[must_use]
    pub fn absolute_path(&self) -> Option<Vec<u8>> {
        absolute(&self.path)
    }
}

/// A path from the top of the image as it is in a container. Nothing when it can lead out, as [`Entry::absolute_path`].
#[must_use]
pub fn absolute(path: &[u8]) -> Option<Vec<u8>> {
    let mut absolute = Vec::with_capacity(path.len() + 1);
    for component in path.split(|byte| *byte == b'/') {
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
