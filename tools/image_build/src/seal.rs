//! The seal: an empty gzip member at the end of what `compress` writes, which says what all before it decompresses to.
//!
//! It saves whoever needs a layer's `diff_id` the decompression, most of the work of assembling an image. A decoder that
//! knows nothing of it reads a second member without content (RFC 1952, section 2.2). The seal names the digest of the
//! bytes before it, so a file that was changed, cut or put together after it was written has none that is valid; only
//! who means to deceive can forge one, and `check` decompresses all the same.

use oci_spec::image::Digest;

use oci::digest::DigestWriter;

/// The bytes of a sha256 digest.
const HASH: usize = 32;

/// RFC 1952, section 2.3: deflate, extra field, no time, unknown operating system; then the extra field: its length and
/// one subfield with its name, `DI` for `diff_id`, and its length.
const HEAD: [u8; 16] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 68, 0, b'D', b'I', 64, 0];

/// An empty final block (RFC 1951, section 3.2.6), then checksum and length of nothing.
const TAIL: [u8; 10] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// What a sealed gzip file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    diff_id: [u8; HASH],
    compressed: [u8; HASH],
}

impl Seal {
    /// The length of the member, in bytes.
    pub const SIZE: usize = HEAD.len() + 2 * HASH + TAIL.len();

    /// For what was read and what was written, the seal left out.
    #[must_use]
    pub fn new(content: &DigestWriter, compressed: &DigestWriter) -> Self {
        Self { diff_id: content.hash(), compressed: compressed.hash() }
    }

    /// The member.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [HEAD.as_slice(), &self.diff_id, &self.compressed, &TAIL].concat()
    }

    /// The seal that a file with these last [`Seal::SIZE`] bytes has; nothing when they are none.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let hashes = bytes.strip_prefix(&HEAD)?.strip_suffix(&TAIL)?;
        let (diff_id, compressed) = hashes.split_at_checked(HASH)?;
        Some(Self { diff_id: diff_id.try_into().ok()?, compressed: compressed.try_into().ok()? })
    }

    /// The digest of what the file decompresses to, if `compressed` took all of it but the seal.
    #[must_use]
    pub fn diff_id(&self, compressed: &DigestWriter) -> Option<Digest> {
        (compressed.hash() == self.compressed).then(|| oci::digest::of_hash(&self.diff_id))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use flate2::read::MultiGzDecoder;

    use super::*;
    use oci::digest;

    fn written(bytes: &[u8]) -> DigestWriter {
        let mut writer = DigestWriter::default();
        writer.write_all(bytes).unwrap();
        writer
    }

    #[test]
    fn a_decoder_sees_a_member_without_content() {
        let bytes = Seal::new(&written(b"content"), &written(b"compressed")).to_bytes();
        assert_eq!(bytes.len(), Seal::SIZE);
        let mut content = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut content).unwrap();
        assert!(content.is_empty());
    }

    #[test]
    fn it_holds_for_the_bytes_before_it_and_no_others() {
        let seal = Seal::new(&written(b"content"), &written(b"compressed"));
        let parsed = Seal::parse(&seal.to_bytes()).unwrap();
        assert_eq!(parsed, seal);
        assert_eq!(parsed.diff_id(&written(b"compressed")), Some(digest::of_bytes(b"content")));
        assert_eq!(parsed.diff_id(&written(b"compresseD")), None);
    }

    #[test]
    fn what_is_no_seal_is_none() {
        let bytes = Seal::new(&written(b"content"), &written(b"compressed")).to_bytes();
        for other in [&bytes[1..], &bytes[..Seal::SIZE - 1], b"", &[0; Seal::SIZE]] {
            assert_eq!(Seal::parse(other), None);
        }
        assert_eq!(Seal::parse(&[&bytes[..20], &bytes[19..]].concat()), None);
    }
}
