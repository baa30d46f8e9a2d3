//! Cutting a stream into blocks of one size, however its bytes arrive.

use std::io::{self, ErrorKind, Read};

/// Reads until a block of `size` bytes is full or the stream ends: only the last block is shorter, and an empty one
/// is the end.
///
/// # Errors
/// Whatever reading fails with.
pub fn read_block(reader: &mut impl Read, size: usize) -> io::Result<Vec<u8>> {
    // Not `read_to_end`: it starts with small reads, and a decoder does its housekeeping after each.
    let mut block = vec![0; size];
    let mut filled = 0;
    while filled < size {
        match reader.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(amount) => filled += amount,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    block.truncate(filled);
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out two bytes at a time, with an interruption before each.
    struct Halting<'a>(&'a [u8], bool);

    impl Read for Halting<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 { Err(ErrorKind::Interrupted.into()) } else { self.0.by_ref().take(2).read(buffer) }
        }
    }

    #[test]
    fn only_the_last_block_is_shorter() {
        let mut reader = Halting(b"abcdefgh", false);
        let blocks: Vec<_> = (0..4).map(|_| read_block(&mut reader, 3).unwrap()).collect();
        assert_eq!(blocks, [b"abc".as_slice(), b"def", b"gh", b""]);
    }

    #[test]
    fn errors_are_passed_on() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        assert_eq!(read_block(&mut Broken, 3).unwrap_err().to_string(), "broken");
    }
}
