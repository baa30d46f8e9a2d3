//! How layers are compressed, told from their bytes or their media type, and decompressing them.

use std::fmt;
use std::io::{self, BufRead, Read};

use flate2::GzHeader;
use flate2::bufread::GzDecoder;

/// The largest window of a zstd frame, as a power of two: 128 MiB, which `zstd --long` and `--ultra -22` write and
/// `zstd -d` takes without being asked to. The decoder allocates what the frame header claims.
const ZSTD_WINDOW_LOG: u32 = 27;

/// The longest name and comment in a gzip header, in bytes without the NUL. Go's reader, which Docker, containerd and
/// podman use, refuses longer ones.
const GZIP_TEXT_LIMIT: usize = 511;

/// How a layer's tar is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// A bare tar.
    None,
    /// gzip, one or several members (RFC 1952).
    Gzip,
    /// Zstandard, one or several frames (RFC 8878).
    Zstd,
}

impl Compression {
    /// What the first bytes of a blob say.
    #[must_use]
    pub fn of_content(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // The second is a skippable frame, with which some compressors begin (RFC 8878, section 3.1.2).
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// What a layer's media type says, OCI's or Docker's; nothing for a type that is no layer's.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        const OCI: &str = "application/vnd.oci.image.layer.";
        const DOCKER: &str = "application/vnd.docker.image.rootfs.";
        let (suffix, separator) = match (media_type.strip_prefix(OCI), media_type.strip_prefix(DOCKER)) {
            (Some(suffix), _) => {
                (suffix.strip_prefix("nondistributable.").unwrap_or(suffix).strip_prefix("v1.tar")?, '+')
            }
            (None, Some(suffix)) => (suffix.strip_prefix("foreign.").unwrap_or(suffix).strip_prefix("diff.tar")?, '.'),
            (None, None) => return None,
        };
        match suffix.strip_prefix(separator) {
            None if suffix.is_empty() => Some(Self::None),
            Some("gzip") => Some(Self::Gzip),
            Some("zstd") => Some(Self::Zstd),
            _ => None,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "uncompressed",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// Decompresses `R` to its end.
pub struct Decoder<R: BufRead>(Kind<R>);

enum Kind<R: BufRead> {
    Plain(R),
    Gzip(Box<Members<R>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, R>>),
}

impl<R: BufRead> Decoder<R> {
    /// A decoder for what [`Compression::of_content`] says of the first bytes.
    ///
    /// # Errors
    /// When the decoder cannot be made.
    pub fn new(reader: R, compression: Compression) -> io::Result<Self> {
        Ok(Self(match compression {
            Compression::None => Kind::Plain(reader),
            Compression::Gzip => Kind::Gzip(Box::new(Members::new(reader))),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(reader)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Kind::Zstd(Box::new(decoder))
            }
        }))
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Plain(reader) => reader.read(buffer),
            Kind::Gzip(members) => members.read(buffer),
            Kind::Zstd(decoder) => decoder.read(buffer).map_err(window_in_words),
        }
    }
}

/// zstd's words for a window beyond the limit tell neither what is too large nor how large it may be. They are all that
/// its error has.
fn window_in_words(error: io::Error) -> io::Error {
    if error.to_string() != "Frame requires too much memory for decoding" {
        return error;
    }
    let limit = (1 << ZSTD_WINDOW_LOG) / (1024 * 1024);
    io::Error::new(error.kind(), format!("its zstd window is larger than {limit} MiB (`--long={ZSTD_WINDOW_LOG}`)"))
}

/// The members of a gzip file one after the other. `flate2`'s own reader of several members goes over the headers of
/// empty ones without a word.
struct Members<R> {
    /// Nothing between two members and after the last.
    current: Option<GzDecoder<R>>,
    is_checked: bool,
}

impl<R: BufRead> Members<R> {
    fn new(reader: R) -> Self {
        Self { current: Some(GzDecoder::new(reader)), is_checked: false }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.current {
            let count = decoder.read(buffer)?;
            if !self.is_checked {
                decoder.header().map_or(Ok(()), check_texts)?;
                self.is_checked = true;
            }
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(mut reader) = self.current.take().map(GzDecoder::into_inner) else { break };
            if reader.fill_buf()?.is_empty() {
                break;
            }
            *self = Self::new(reader);
        }
        Ok(0)
    }
}

fn check_texts(header: &GzHeader) -> io::Result<()> {
    for (what, text) in [("name", header.filename()), ("comment", header.comment())] {
        if text.is_some_and(|text| text.len() > GZIP_TEXT_LIMIT) {
            let message = format!("the {what} in its gzip header is longer than {GZIP_TEXT_LIMIT} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::GzBuilder;

    use super::*;

    fn decoded(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        let mut decoder = Decoder::new(bytes, Compression::of_content(bytes))?;
        decoder.read_to_end(&mut content).map(|_| content)
    }

    fn gzip(builder: GzBuilder, content: &[u8]) -> Vec<u8> {
        let mut encoder = builder.write(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd_with_window(log: u32) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(log).unwrap();
        encoder.include_contentsize(false).unwrap();
        encoder.write_all(b"content").unwrap();
        encoder.flush().unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn all_members_are_read_and_empty_ones_have_no_content() {
        let [one, empty, two] = [&b"one"[..], b"", b"two"].map(|content| gzip(GzBuilder::new(), content));
        let empties = empty.repeat(3);
        assert_eq!(decoded(&[one.clone(), empties.clone(), two, empties].concat()).unwrap(), b"onetwo");
        for rest in [&b"garbage!"[..], b"\x1f", b"\0\0\0\0"] {
            assert!(decoded(&[&one, rest].concat()).is_err(), "{rest:?}");
        }
        assert!(decoded(&one[..one.len() - 3]).is_err());
    }

    #[test]
    fn texts_in_any_header_are_as_long_as_go_takes_them() {
        let named = |length| gzip(GzBuilder::new().filename(vec![b'n'; length]), b"");
        let commented = |length| gzip(GzBuilder::new().comment(vec![b'c'; length]), b"x");
        let plain = gzip(GzBuilder::new(), b"x");
        for good in [named(511), commented(511)] {
            assert_eq!(decoded(&[good, plain.clone()].concat()).unwrap().last(), Some(&b'x'));
        }
        for bad in [named(512), commented(512)] {
            assert!(decoded(&bad).unwrap_err().to_string().contains("longer than 511 bytes"));
            assert!(decoded(&[plain.clone(), bad, plain.clone()].concat()).is_err());
        }
    }

    #[test]
    fn windows_are_taken_up_to_the_limit() {
        assert_eq!(decoded(&zstd_with_window(27)).unwrap(), b"content");
        for log in [28, 31] {
            let error = decoded(&zstd_with_window(log)).unwrap_err().to_string();
            assert_eq!(error, "its zstd window is larger than 128 MiB (`--long=27`)");
        }
    }

    #[test]
    fn media_types_of_both_families_are_known() {
        for (media_type, expected) in [
            ("application/vnd.oci.image.layer.v1.tar", Some(Compression::None)),
            ("application/vnd.oci.image.layer.v1.tar+gzip", Some(Compression::Gzip)),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", Some(Compression::Zstd)),
            ("application/vnd.docker.image.rootfs.diff.tar", Some(Compression::None)),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", Some(Compression::Gzip)),
            ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Some(Compression::Gzip)),
            ("application/vnd.oci.image.layer.v1.tar.gzip", None),
            ("application/vnd.oci.image.layer.v1.tar+lz4", None),
            ("application/json", None),
        ] {
            assert_eq!(Compression::of_media_type(media_type), expected, "{media_type}");
        }
    }
}
