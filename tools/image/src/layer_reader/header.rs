//! One header block of a tar archive: the fields that all formats have, read as Go's `archive/tar` reads them.
//!
//! Docker, containerd and podman unpack layers with that reader, so what it refuses is malformed. What it takes and GNU
//! tar, Python or libarchive would take for something else is ambiguous. Which headers belong together is `reader`'s
//! business.

use image_build::layer::{BLOCK, has_true_checksum};

use super::fault::Fault;

const NAME: Field = Field("name", 0, 100);
const MODE: Field = Field("mode", 100, 8);
const UID: Field = Field("uid", 108, 8);
const GID: Field = Field("gid", 116, 8);
const SIZE: Field = Field("size", 124, 12);
const MTIME: Field = Field("mtime", 136, 12);
const TYPE: usize = 156;
const LINK: Field = Field("linkname", 157, 100);
const MAGIC: Field = Field("magic", 257, 8);
const USER_NAME: Field = Field("uname", 265, 32);
const GROUP_NAME: Field = Field("gname", 297, 32);
const DEVICE: [Field; 2] = [Field("devmajor", 329, 8), Field("devminor", 337, 8)];
const PREFIX: Field = Field("prefix", 345, 155);
const STAR_PREFIX: Field = Field("prefix", 345, 131);
const STAR_TIMES: [Field; 2] = [Field("atime", 476, 12), Field("ctime", 488, 12)];
const STAR_TRAILER: Field = Field("trailer", 508, 4);

/// Linux has file types and permissions in 16 bits.
const LARGEST_MODE: i64 = 0o177_777;

/// Name, place and length of a field (POSIX.1-2017, pax, "ustar Interchange Format").
#[derive(Clone, Copy)]
struct Field(&'static str, usize, usize);

impl Field {
    fn of(self, block: &[u8; BLOCK]) -> &[u8] {
        &block[self.1..self.1 + self.2]
    }

    /// What is before the first NUL.
    fn text(self, block: &[u8; BLOCK]) -> Vec<u8> {
        self.of(block).iter().copied().take_while(|byte| *byte != 0).collect()
    }

    fn number(self, block: &[u8; BLOCK]) -> Result<i64, Fault> {
        number(self.of(block)).map_err(|why| why(self.0))
    }

    fn is_blank(self, block: &[u8; BLOCK]) -> bool {
        self.of(block).iter().all(|byte| *byte == 0)
    }
}

/// The fields of a header.
#[derive(Debug)]
pub struct Header {
    /// As it is written, prefix included.
    pub name: Vec<u8>,
    /// `0` for a file, and so on.
    pub type_flag: u8,
    /// Where a link leads; empty for none.
    pub link: Vec<u8>,
    /// Permission bits, and in old archives the file type.
    pub mode: u32,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Bytes of content that are claimed.
    pub size: u64,
    /// Seconds since the epoch.
    pub mtime: i64,
    /// Owner by name.
    pub user_name: Vec<u8>,
    /// Group by name.
    pub group_name: Vec<u8>,
}

impl Header {
    /// The header that `block` is.
    ///
    /// # Errors
    /// When Go's reader refuses it, or others read it in another way.
    pub fn parse(block: &[u8; BLOCK]) -> Result<Self, Fault> {
        if !has_true_checksum(block) {
            return Err(Fault::NoHeader("a header has a wrong checksum"));
        }
        // To Go and Python that is 0, to GNU tar -1.
        let is_blank = |field: &&Field| field.of(block).iter().all(|byte| *byte == b' ');
        if let Some(Field(name, ..)) = [MODE, UID, GID, SIZE, MTIME].iter().find(is_blank) {
            return Err(Fault::ambiguous(format!("an entry's `{name}` is blank")));
        }
        let size = SIZE.number(block)?;
        let mut header = Self {
            name: NAME.text(block),
            type_flag: block[TYPE],
            link: LINK.text(block),
            mode: within("mode", MODE.number(block)?, LARGEST_MODE)?,
            uid: within("uid", UID.number(block)?, u32::MAX.into())?,
            gid: within("gid", GID.number(block)?, u32::MAX.into())?,
            size: u64::try_from(size).map_err(|_| Fault::malformed("an entry's `size` is negative"))?,
            mtime: MTIME.number(block)?,
            user_name: Vec::new(),
            group_name: Vec::new(),
        };
        let prefix = match MAGIC.of(block) {
            b"ustar  \0" => gnu_prefix(block)?,
            [b'u', b's', b't', b'a', b'r', 0, version @ ..] => ustar_prefix(block, version)?,
            // Python reads owner and prefix whatever the magic says.
            _ if block[MAGIC.1..].iter().any(|byte| *byte != 0) => {
                return Err(Fault::ambiguous("a header of an unknown format has more fields than old ones have"));
            }
            _ => return Ok(header),
        };
        for field in DEVICE {
            field.number(block)?;
        }
        header.user_name = USER_NAME.text(block);
        header.group_name = GROUP_NAME.text(block);
        if !prefix.is_empty() {
            header.name = [&prefix, &b"/"[..], &header.name].concat();
        }
        Ok(header)
    }
}

/// GNU headers have none; there are times and maps of sparse files in its place, which some readers take for one.
fn gnu_prefix(block: &[u8; BLOCK]) -> Result<Vec<u8>, Fault> {
    if PREFIX.is_blank(block) || block[TYPE] == b'S' {
        Ok(Vec::new())
    } else {
        Err(Fault::ambiguous("a GNU header has something where others have the prefix of the name"))
    }
}

fn ustar_prefix(block: &[u8; BLOCK], version: &[u8]) -> Result<Vec<u8>, Fault> {
    if STAR_TRAILER.of(block) == b"tar\0" {
        for field in STAR_TIMES {
            field.number(block)?;
        }
        let prefix = STAR_PREFIX.of(block);
        return match prefix.last() {
            Some(0) => Ok(STAR_PREFIX.text(block)),
            _ => Err(Fault::ambiguous("a header of `star` has a prefix without an end")),
        };
    }
    if version != b"00" && !PREFIX.is_blank(block) {
        return Err(Fault::ambiguous("a header with a prefix is of an unknown version of the ustar format"));
    }
    Ok(PREFIX.text(block))
}

fn within(name: &'static str, value: i64, largest: i64) -> Result<u32, Fault> {
    let value = if value > largest { None } else { u32::try_from(value).ok() };
    value.ok_or_else(|| Fault::ambiguous(format!("an entry's `{name}` is negative or too large")))
}

/// A number: octal digits, spaces allowed before and spaces or NULs after them; or base 256 behind a byte that says
/// so; or blank for 0. The error still wants the field's name.
fn number(field: &[u8]) -> Result<i64, fn(&str) -> Fault> {
    let malformed: fn(&str) -> Fault = |name| Fault::malformed(format!("an entry's `{name}` is no number"));
    let ambiguous: fn(&str) -> Fault =
        |name| Fault::ambiguous(format!("an entry's `{name}` is a number that not all readers understand"));
    match field.first() {
        Some(0x80 | 0xff) => return base256(field).ok_or(malformed),
        Some(0x81..) => return Err(ambiguous),
        _ => {}
    }
    if field.iter().all(|byte| matches!(byte, 0 | b' ')) {
        return Ok(0);
    }
    let start = field.iter().take_while(|byte| **byte == b' ').count();
    let digits = field[start..].iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (digits, rest) = field[start..].split_at(digits);
    if rest.iter().any(|byte| !matches!(byte, 0 | b' ')) || digits.is_empty() {
        // Readers skip some of the NULs before a number, or read on behind one.
        let has_inner_nul = rest.first() == Some(&0);
        return Err(if has_inner_nul { ambiguous } else { malformed });
    }
    digits
        .iter()
        .try_fold(0_i64, |sum, digit| sum.checked_mul(8)?.checked_add(i64::from(digit - b'0')))
        .ok_or(malformed)
}

/// Two's complement, big end first; the first bit only says that it is this form.
fn base256(field: &[u8]) -> Option<i64> {
    let is_negative = field[0] == 0xff;
    let start = if is_negative { -1 } else { 0 };
    field[1..].iter().try_fold(start, |sum: i64, byte| sum.checked_mul(256)?.checked_add(i64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(bend: impl FnOnce(&mut [u8; BLOCK])) -> [u8; BLOCK] {
        let mut header = tar::Header::new_ustar();
        header.set_path("name").unwrap();
        header.set_size(5);
        header.set_mode(0o644);
        header.set_mtime(7);
        header.set_uid(0);
        header.set_gid(0);
        let mut block = *header.as_bytes();
        bend(&mut block);
        let mut mended = tar::Header::from_byte_slice(&block).clone();
        mended.set_cksum();
        *mended.as_bytes()
    }

    fn with(place: usize, bytes: &'static [u8]) -> [u8; BLOCK] {
        block(|block| block[place..place + bytes.len()].copy_from_slice(bytes))
    }

    #[test]
    fn numbers_are_read_as_all_readers_do() {
        for (text, expected) in [
            (&b"00000000012\0"[..], 10),
            (b"         12 ", 10),
            (b"12 \0\0\0\0\0\0\0\0\0", 10),
            (b"000000000012", 10),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", 0),
            (b"            ", 0),
            (b"\x80\0\0\0\0\0\0\0\0\0\x01\x02", 258),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", -1),
        ] {
            assert_eq!(number(text).ok(), Some(expected), "{text:?}");
        }
        for (text, is_malformed) in [
            (&b"-0000000001\0"[..], true),
            (b"0000 001000\0", true),
            (b"0x00000200\0\0", true),
            (b"00000000008\0", true),
            (b"\x80\x01\0\0\0\0\0\0\0\0\0\0", true),
            (b"000000\x001000\0", false),
            (b"\0\0\x0000001000\0", false),
            (b"\x81\0\0\0\0\0\0\0\0\0\0\x01", false),
        ] {
            let fault = number(text).unwrap_err()("size");
            assert_eq!(matches!(fault, Fault::Malformed(_)), is_malformed, "{text:?}");
        }
    }

    #[test]
    fn what_go_refuses_is_malformed() {
        for (place, bytes) in [(124, &b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"[..]), (329, b"zzzzzzz\0")] {
            assert!(matches!(Header::parse(&with(place, bytes)), Err(Fault::Malformed(_))), "{place}");
        }
        let mut wrong = block(|_| {});
        wrong[0] ^= 1;
        assert!(matches!(Header::parse(&wrong), Err(Fault::NoHeader(_))));
    }

    #[test]
    fn what_others_read_in_another_way_is_ambiguous() {
        let gnu_time = block(|block| {
            block[257..265].copy_from_slice(b"ustar  \0");
            block[345..357].copy_from_slice(b"14000000000\0");
        });
        let old = block(|block| block[257..265].fill(b'x'));
        let version = block(|block| block[263..265].copy_from_slice(b"xx"));
        let version_and_prefix = block(|block| {
            block[263..265].copy_from_slice(b"xx");
            block[345..349].copy_from_slice(b"evil");
        });
        for block in [gnu_time, old, version_and_prefix, with(124, b"            "), with(108, b"\x80\0\0\x01\0\0\0\0")]
        {
            assert!(matches!(Header::parse(&block), Err(Fault::Ambiguous(_))));
        }
        assert_eq!(Header::parse(&version).unwrap().name, b"name");
    }

    #[test]
    fn prefixes_are_part_of_the_name() {
        let header = Header::parse(&with(345, b"folder/inner")).unwrap();
        assert_eq!((header.name.as_slice(), header.size, header.mtime), (&b"folder/inner/name"[..], 5, 7));
        let star = block(|block| {
            block[345..351].copy_from_slice(b"folder");
            block[476..488].copy_from_slice(b"00000000001 ");
            block[508..512].copy_from_slice(b"tar\0");
        });
        assert_eq!(Header::parse(&star).unwrap().name, b"folder/name");
    }
}
