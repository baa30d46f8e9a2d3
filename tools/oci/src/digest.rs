//! Digests of bytes and streams (image-spec, descriptor.md, section "Digests"): sha256 only.

use std::io::{self, Read, Write};
use std::str::FromStr;

use oci_spec::image::Digest;
use sha2::{Digest as _, Sha256};

/// The sha256 digest of `bytes`.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> Digest {
    of_hash(&Sha256::digest(bytes))
}

/// The digest with these 32 bytes.
fn of_hash(hash: &[u8]) -> Digest {
    use std::fmt::Write as _;
    let mut text = String::with_capacity("sha256:".len() + 64);
    text.push_str("sha256:");
    for byte in hash {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
    }
    Digest::from_str(&text).expect("64 hex digits after `sha256:` are a digest")
}

/// The sha256 digest and the length in bytes of everything that `reader` yields.
///
/// # Errors
/// Whatever reading fails with.
pub fn of_reader(reader: &mut impl Read) -> io::Result<(Digest, u64)> {
    let mut writer = DigestWriter::default();
    let size = io::copy(reader, &mut writer)?;
    Ok((writer.finish(), size))
}

/// A sink that hashes and counts what is written to it.
#[derive(Clone, Default)]
pub struct DigestWriter {
    hash: Sha256,
    size: u64,
}

impl DigestWriter {
    /// Bytes written so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The digest of all that was written.
    #[must_use]
    pub fn finish(self) -> Digest {
        of_hash(&self.hash.finalize())
    }
}

impl Write for DigestWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn bytes_and_stream_agree() {
        let bytes = vec![7_u8; 200_000];
        let (streamed, size) = of_reader(&mut bytes.as_slice()).unwrap();
        assert_eq!(streamed, of_bytes(&bytes));
        assert_eq!(size, 200_000);
    }

    #[test]
    fn nothing_has_the_known_digest() {
        assert_eq!(of_bytes(b"").as_ref(), EMPTY);
    }
}
