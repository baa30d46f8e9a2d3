//! Whether a stream is a tar archive, told from its first block: a header with a true checksum, or the zeros that end
//! an empty archive (POSIX.1-2017, pax, "ustar Interchange Format").

const CHECKSUM: std::ops::Range<usize> = 148..156;

/// Collects the first block of a stream that is written to it in pieces.
#[derive(Default)]
pub struct TarCheck {
    block: Vec<u8>,
}

impl TarCheck {
    /// How much of a stream is looked at, in bytes.
    pub const BLOCK: usize = 512;

    /// Takes the next piece.
    pub fn write(&mut self, bytes: &[u8]) {
        let wanted = bytes.len().min(Self::BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..wanted]);
    }

    /// Whether what was written starts as an archive does.
    pub fn is_tar(&self) -> bool {
        self.block.len() == Self::BLOCK && (self.block.iter().all(|byte| *byte == 0) || self.has_true_checksum())
    }

    /// The sum of all bytes, those of the checksum counted as spaces. Some old writers added signed bytes.
    fn has_true_checksum(&self) -> bool {
        let text = String::from_utf8_lossy(&self.block[CHECKSUM]);
        let Ok(stored) = i64::from_str_radix(text.trim_matches(['\0', ' ']), 8) else { return false };
        let byte = |(place, byte): (usize, &u8)| if CHECKSUM.contains(&place) { b' ' } else { *byte };
        let bytes = || self.block.iter().enumerate().map(byte);
        stored == bytes().map(i64::from).sum::<i64>()
            || stored == bytes().map(|byte| i64::from(byte.cast_signed())).sum::<i64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
