//! pax extended headers (POSIX.1-2017, pax, "pax Extended Header"): records cut by their lengths, and what those mean
//! that readers know.
//!
//! As in `header`, what Go's reader refuses is malformed, and what only some readers understand is ambiguous.

use std::collections::HashSet;

use terminal::printable;

use super::fault::Fault;

/// How many extended attributes of an entry are kept. One is too many for a service.
const ATTRIBUTE_LIMIT: usize = 16;

/// How much of a key is kept where it is only shown, in characters.
const SHOWN_LIMIT: usize = 200;

/// What the records of one header say. Nothing where there is no record or an empty one, which deletes what another
/// header said: the fields of the entry's own header count then.
#[derive(Debug, Default)]
pub struct Records {
    /// `path`
    pub path: Option<Vec<u8>>,
    /// `linkpath`
    pub link: Option<Vec<u8>>,
    /// `uname`
    pub user_name: Option<Vec<u8>>,
    /// `gname`
    pub group_name: Option<Vec<u8>>,
    /// `uid`
    pub uid: Option<u32>,
    /// `gid`
    pub gid: Option<u32>,
    /// `size`
    pub size: Option<u64>,
    /// `mtime`
    pub mtime: Option<Time>,
    /// The keys that stand for extended attributes, access lists, labels and flags; the first ones.
    pub attributes: Vec<String>,
    /// The name of a sparse file, empty where its records do not say it.
    pub sparse: Option<Vec<u8>>,
}

/// Seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// As a service's file has them.
    Whole(u64),
    /// Negative, or with a fraction.
    Other,
}

impl Time {
    /// The whole seconds.
    #[must_use]
    pub fn whole(self) -> Option<u64> {
        match self {
            Self::Whole(seconds) => Some(seconds),
            Self::Other => None,
        }
    }
}

/// A record and what follows it.
struct Record<'a> {
    key: &'a [u8],
    value: &'a [u8],
    rest: &'a [u8],
}

impl Records {
    /// The records of an extended header for one entry.
    ///
    /// # Errors
    /// When Go's reader refuses them or others read them in another way.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let mut records = Self::default();
        let mut seen = HashSet::new();
        for record in cut(bytes) {
            let (key, value) = record?;
            // The first of the sparse formats repeats its records, and is refused as sparse.
            if !is_sparse(key) && !seen.insert(key) {
                let message = format!("the pax record `{}` is given twice", shown(key));
                return Err(Fault::Ambiguous(message));
            }
            records.take(key, value)?;
        }
        Ok(records)
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        if key == b"SCHILY.xattr." {
            return Err(Fault::malformed("an extended attribute has no name, which no daemon sets"));
        }
        let is_attribute = is_attribute(key);
        if is_attribute && self.attributes.len() < ATTRIBUTE_LIMIT {
            self.attributes.push(shown(key));
        }
        if is_sparse(key) {
            let name = if key == b"GNU.sparse.name" { value } else { &[] };
            self.sparse.get_or_insert_default().extend_from_slice(name);
            return Ok(());
        }
        if value.is_empty() {
            return Ok(());
        }
        let text = || Some(value.to_vec());
        match key {
            b"path" => self.path = text(),
            b"linkpath" => self.link = text(),
            b"uname" => self.user_name = text(),
            b"gname" => self.group_name = text(),
            b"uid" => self.uid = Some(id(key, value)?),
            b"gid" => self.gid = Some(id(key, value)?),
            b"size" => self.size = Some(whole(key, value)?),
            b"mtime" => self.mtime = Some(time(key, value)?),
            b"atime" | b"ctime" => {
                time(key, value)?;
            }
            b"hdrcharset" if !matches!(value, b"BINARY" | b"ISO-IR 10646 2000 UTF-8") => {
                return Err(Fault::ambiguous("names are in a character set that readers do not know"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Checks the records of a global header. Go's reader, and so every daemon, does not apply them to the entries that
/// follow; the others do. A comment, with which `git archive` begins, means nothing to any of them.
///
/// # Errors
/// When Go's reader refuses them, or there is anything but comments.
pub fn check_global(bytes: &[u8]) -> Result<(), Fault> {
    for record in cut(bytes) {
        let (key, _) = record?;
        if key != b"comment" {
            return Err(Fault::Ambiguous(format!("a global pax header has the record `{}`", shown(key))));
        }
    }
    Ok(())
}

/// Key and value of each record: `<length> <key>=<value>` and a line feed, where the length is that of all of it.
fn cut(mut bytes: &[u8]) -> impl Iterator<Item = Result<(&[u8], &[u8]), Fault>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let record = first(bytes);
        // What follows a malformed record cannot be found.
        bytes = record.as_ref().map_or(&[], |record| record.rest);
        Some(record.map(|record| (record.key, record.value)))
    })
}

fn first(bytes: &[u8]) -> Result<Record<'_>, Fault> {
    let malformed = || Fault::malformed("a pax record is malformed");
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length = std::str::from_utf8(&bytes[..digits]).ok().and_then(|text| text.parse::<usize>().ok());
    let (record, rest) = length.and_then(|length| bytes.split_at_checked(length)).ok_or_else(malformed)?;
    let inner = record.get(digits..).and_then(|inner| inner.strip_prefix(b" ")?.strip_suffix(b"\n"));
    let inner = inner.ok_or_else(malformed)?;
    let equals = inner.iter().position(|byte| *byte == b'=').filter(|place| *place > 0).ok_or_else(malformed)?;
    let (key, value) = (&inner[..equals], &inner[equals + 1..]);
    let is_name = matches!(key, b"path" | b"linkpath" | b"uname" | b"gname");
    if (if is_name { value } else { key }).contains(&0) {
        return Err(malformed());
    }
    Ok(Record { key, value, rest })
}

/// Extended attributes as star, GNU tar and libarchive write them, and what else changes who may do what.
fn is_attribute(key: &[u8]) -> bool {
    const FAMILIES: [&[u8]; 3] = [b"SCHILY.xattr.", b"LIBARCHIVE.xattr.", b"SCHILY.acl."];
    matches!(key, b"RHT.security.selinux" | b"SCHILY.fflags") || FAMILIES.iter().any(|family| key.starts_with(family))
}

fn is_sparse(key: &[u8]) -> bool {
    key.starts_with(b"GNU.sparse.") || key == b"SCHILY.realsize"
}

fn whole(key: &[u8], value: &[u8]) -> Result<u64, Fault> {
    let number =
        digits(value).and_then(|text| text.parse::<u64>().ok()).filter(|number| i64::try_from(*number).is_ok());
    number.ok_or_else(|| no_number(key))
}

fn id(key: &[u8], value: &[u8]) -> Result<u32, Fault> {
    let too_large = |_| Fault::Ambiguous(format!("the pax record `{}` is too large a number", shown(key)));
    u32::try_from(whole(key, value)?).map_err(too_large)
}

/// Seconds, with a sign and a fraction where there is one.
fn time(key: &[u8], value: &[u8]) -> Result<Time, Fault> {
    let unsigned = value.strip_prefix(b"-").unwrap_or(value);
    let place = unsigned.iter().position(|byte| *byte == b'.').unwrap_or(unsigned.len());
    let (seconds, fraction) = unsigned.split_at(place);
    let seconds = whole(key, seconds)?;
    let fraction = fraction.get(1..).unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return Err(no_number(key));
    }
    let is_whole = fraction.iter().all(|digit| *digit == b'0') && unsigned.len() == value.len();
    Ok(if is_whole { Time::Whole(seconds) } else { Time::Other })
}

fn digits(value: &[u8]) -> Option<&str> {
    let is_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| is_digits)
}

fn no_number(key: &[u8]) -> Fault {
    Fault::Malformed(format!("the pax record `{}` is no number", shown(key)))
}

fn shown(key: &[u8]) -> String {
    printable::start(&String::from_utf8_lossy(key), SHOWN_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str, value: &[u8]) -> Vec<u8> {
        let inner = [b" ", key.as_bytes(), b"=", value, b"\n"].concat();
        let length = (1..9999).find(|length: &usize| length.to_string().len() + inner.len() == *length).unwrap();
        [length.to_string().as_bytes(), &inner].concat()
    }

    fn parsed(key: &str, value: &[u8]) -> Result<Records, Fault> {
        Records::parse(&record(key, value))
    }

    #[test]
    fn lengths_cut_records_and_line_feeds_do_not() {
        let bytes = [
            record("SCHILY.xattr.security.capability", b"\x01\0\0\x02\x02\0\x0a\0\n9 a=b\n"),
            record("path", b"a\nb=c"),
            record("comment", b"x=y\nz"),
        ]
        .concat();
        let records = Records::parse(&bytes).unwrap();
        assert_eq!(records.path.unwrap(), b"a\nb=c");
        assert_eq!(records.attributes, ["SCHILY.xattr.security.capability"]);
    }

    #[test]
    fn an_empty_value_leaves_what_the_header_says() {
        for key in ["path", "linkpath", "uname", "size", "uid", "mtime", "SCHILY.xattr.user.overlay.origin"] {
            let records = parsed(key, b"").unwrap();
            assert!(records.path.is_none() && records.size.is_none() && records.mtime.is_none(), "{key}");
        }
    }

    #[test]
    fn numbers_are_those_that_go_takes() {
        for (key, value) in
            [("size", "12"), ("uid", "0"), ("mtime", "1.5"), ("mtime", "-5"), ("atime", "1."), ("size", "012")]
        {
            assert!(parsed(key, value.as_bytes()).is_ok(), "{key}={value}");
        }
        assert_eq!(parsed("mtime", b"7.000").unwrap().mtime, Some(Time::Whole(7)));
        assert_eq!(parsed("mtime", b"-5").unwrap().mtime, Some(Time::Other));
        for (key, value) in [
            ("size", "0x200"),
            ("size", " 512"),
            ("size", "512.0"),
            ("size", "-1"),
            ("size", "1_0"),
            ("uid", "abc"),
            ("uid", "1e3"),
            ("gid", "99999999999999999999"),
            ("mtime", "abc"),
            ("mtime", ".5"),
            ("atime", "1.x"),
            ("ctime", "--1"),
        ] {
            assert!(matches!(parsed(key, value.as_bytes()), Err(Fault::Malformed(_))), "{key}={value}");
        }
        assert!(matches!(parsed("uid", b"4294967296"), Err(Fault::Ambiguous(_))));
    }

    #[test]
    fn records_that_are_none_are_malformed() {
        for bytes in [
            &b"x"[..],
            b"8 path=a\n",
            b"11 path=a\n",
            b"10 path=a\n\0\0",
            b"+10 path=a\n",
            b" 10 path=a\n",
            b"5 =x\n",
            b"6 path\n",
            b"99999999999999999999999 a=b\n",
            b"12 path=a\0b\n",
        ] {
            assert!(matches!(Records::parse(bytes), Err(Fault::Malformed(_))), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_readers_take_differently_is_ambiguous() {
        let twice = record("path", b"a").repeat(2);
        assert!(matches!(Records::parse(&twice), Err(Fault::Ambiguous(_))));
        assert!(matches!(parsed("hdrcharset", b"EBCDIC"), Err(Fault::Ambiguous(_))));
        assert!(parsed("hdrcharset", b"BINARY").is_ok());
        check_global(&record("comment", b"0f3a\n")).unwrap();
        for key in ["path", "size", "uid", "SCHILY.xattr.user.x", "hdrcharset"] {
            assert!(matches!(check_global(&record(key, b"1")), Err(Fault::Ambiguous(_))), "{key}");
        }
    }

    #[test]
    fn rights_are_attributes_and_other_keys_are_not() {
        for key in [
            "SCHILY.xattr.user.x",
            "LIBARCHIVE.xattr.security.capability",
            "SCHILY.acl.access",
            "SCHILY.acl.default",
            "RHT.security.selinux",
            "SCHILY.fflags",
        ] {
            assert_eq!(parsed(key, b"v").unwrap().attributes, [key]);
        }
        for key in ["SCHILY.dev", "my.xattr.x", "comment", "RHT.security.selinux2"] {
            assert!(parsed(key, b"v").unwrap().attributes.is_empty(), "{key}");
        }
    }

    #[test]
    fn sparse_files_are_known_by_any_of_their_records() {
        assert_eq!(parsed("GNU.sparse.name", b"disk").unwrap().sparse.unwrap(), b"disk");
        for key in ["GNU.sparse.major", "GNU.sparse.map", "GNU.sparse.size", "SCHILY.realsize"] {
            assert_eq!(parsed(key, b"1").unwrap().sparse.unwrap(), b"", "{key}");
        }
        let first_format = record("GNU.sparse.offset", b"1").repeat(2);
        assert!(Records::parse(&first_format).unwrap().sparse.is_some());
    }
}
