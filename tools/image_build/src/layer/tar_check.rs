//! Whether a stream is a tar archive, told from its first block: a header with a true checksum, or the zeros that end
//! an empty archive (POSIX.1-2017, pax, "ustar Interchange Format").

use crate::archive::{self, has_true_checksum};

/// Collects the first block of a stream that is written to it in pieces.
#[derive(Default)]
pub struct TarCheck {
    block: Vec<u8>,
}

impl TarCheck {
    /// How much of a stream is looked at, in bytes.
    pub const BLOCK: usize = archive::BLOCK;

    /// Takes the next piece.
    pub fn write(&mut self, bytes: &[u8]) {
        let wanted = bytes.len().min(Self::BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..wanted]);
    }

    /// Whether what was written starts as an archive does.
    pub fn is_tar(&self) -> bool {
        let block = <&[u8; Self::BLOCK]>::try_from(self.block.as_slice());
        block.is_ok_and(|block| *block == [0; Self::BLOCK] || has_true_checksum(block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKSUM: std::ops::Range<usize> = 148..156;

    fn is_tar(pieces: &[&[u8]]) -> bool {
        let mut check = TarCheck::default();
        for piece in pieces {
            check.write(piece);
        }
        check.is_tar()
    }

    fn header() -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.set_path("h\u{e9}llo").unwrap();
        header.set_size(3);
        header.set_cksum();
        header.as_bytes().to_vec()
    }

    #[test]
    fn a_header_counts_however_it_comes() {
        let header = header();
        assert!(is_tar(&[&header]));
        assert!(is_tar(&[&header[..7], &header[7..], b"abc"]));
    }

    #[test]
    fn zeros_are_an_empty_archive() {
        assert!(is_tar(&[&[0; 10240]]));
        assert!(is_tar(&[&[0; 512]]));
    }

    #[test]
    fn signed_sums_count() {
        let mut header = header();
        let signed: i64 = header
            .iter()
            .enumerate()
            .map(|(place, byte)| if CHECKSUM.contains(&place) { 32 } else { i64::from(byte.cast_signed()) })
            .sum();
        header[CHECKSUM].copy_from_slice(format!("{signed:06o}\0 ").as_bytes());
        assert!(is_tar(&[&header]));
    }

    #[test]
    fn everything_else_does_not() {
        let mut damaged = header();
        damaged[0] ^= 1;
        assert!(!is_tar(&[&damaged]));
        assert!(!is_tar(&[&header()[..511]]));
        assert!(!is_tar(&[&[0; 511]]));
        assert!(!is_tar(&[&[b'a'; 512]]));
        assert!(!is_tar(&[]));
    }
}
