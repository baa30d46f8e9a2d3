//! Compressing a stream: the same bytes for the same input, whatever the machine, its cores or the pieces in which the
//! input arrives. No name, time or operating system gets into the output.

mod gzip;

use std::io::{Read, Write};
use std::num::NonZero;
use std::ops::RangeInclusive;

use crate::Error;
use crate::whole_blocks::read_block;

/// The output depends on this size. Smaller blocks cost size, at their seams; larger ones leave threads without work
/// at the end.
const BLOCK: usize = 128 * 1024;

/// A compressed format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 1952, one member.
    Gzip,
    /// RFC 8878, one frame with a checksum.
    Zstd,
}

impl Format {
    /// The level when none is asked for.
    ///
    /// gzip: 6 makes the tar of a 10 MB Rust binary 2 % larger than `gzip -6` does, in a third of its processor time;
    /// 5 saves little time, 7 takes half as much again for 1 %, 9 two and a half times as much for 3 %.
    /// zstd: its own default, for the same reason.
    #[must_use]
    pub fn default_level(self) -> u32 {
        match self {
            Self::Gzip => 6,
            Self::Zstd => 3,
        }
    }

    fn levels(self) -> RangeInclusive<u32> {
        match self {
            Self::Gzip => 1..=9,
            Self::Zstd => 1..=19,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// How to compress.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The format of the output.
    pub format: Format,
    /// The format's level; the output depends on it.
    pub level: u32,
    /// How many threads work at a time; the output does not depend on it. zstd uses one: its several threads would
    /// make other bytes than one, and one is fast enough.
    pub threads: NonZero<usize>,
}

/// Compresses `input` to its end.
///
/// # Errors
/// When the level does not exist, or reading or writing fails.
pub fn compress(input: impl Read + Send, mut output: impl Write, settings: &Settings) -> Result<(), Error> {
    let levels = settings.format.levels();
    if !levels.contains(&settings.level) {
        return Err(Error::Level { format: settings.format.name(), level: settings.level, levels });
    }
    match settings.format {
        Format::Gzip => gzip::compress(input, &mut output, settings.level, settings.threads)?,
        Format::Zstd => zstd(input, &mut output, settings.level)?,
    }
    output.flush().map_err(Error::Output)
}

/// Whole blocks go in, so that the frame does not depend on how the input came.
fn zstd(mut input: impl Read, output: impl Write, level: u32) -> Result<(), Error> {
    let level = i32::try_from(level).expect("levels are small");
    let mut encoder = zstd::Encoder::new(output, level).map_err(Error::Output)?;
    encoder.include_checksum(true).map_err(Error::Output)?;
    loop {
        let block = read_block(&mut input, BLOCK).map_err(Error::Input)?;
        if block.is_empty() {
            break;
        }
        encoder.write_all(&block).map_err(Error::Output)?;
    }
    encoder.finish().map(drop).map_err(Error::Output)
}

#[cfg(test)]
mod tests {
    use std::io;

    use flate2::bufread::GzDecoder;

    use super::*;
    use oci::digest;

    /// Bytes that compress somewhat, the same everywhere.
    fn sample(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 24
        };
        (0..length).map(|_| u8::try_from(next() & next() & 0x3f).unwrap()).collect()
    }

    fn compressed(bytes: &[u8], format: Format, threads: usize) -> Vec<u8> {
        let mut output = Vec::new();
        let threads = NonZero::new(threads).unwrap();
        compress(bytes, &mut output, &Settings { format, level: format.default_level(), threads }).unwrap();
        output
    }

    /// A reader that hands out pieces of changing, odd sizes.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1 * 5 % 4099 + 1;
            let amount = self.1.min(buffer.len()).min(self.0.len());
            buffer[..amount].copy_from_slice(&self.0[..amount]);
            self.0 = &self.0[amount..];
            Ok(amount)
        }
    }

    #[test]
    fn what_goes_in_comes_out_around_every_block_boundary() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 5 * BLOCK + 17] {
            let bytes = sample(length);
            let mut out = Vec::new();
            let gzip = compressed(&bytes, Format::Gzip, 2);
            let mut decoder = GzDecoder::new(gzip.as_slice());
            decoder.read_to_end(&mut out).unwrap();
            assert!(out == bytes && decoder.into_inner().is_empty(), "gzip {length}");
            let zstd = compressed(&bytes, Format::Zstd, 2);
            assert!(zstd::decode_all(zstd.as_slice()).unwrap() == bytes, "zstd {length}");
        }
    }

    #[test]
    fn threads_and_pieces_do_not_change_the_output() {
        let bytes = sample(9 * BLOCK + 12_345);
        for format in [Format::Gzip, Format::Zstd] {
            let expected = compressed(&bytes, format, 1);
            for threads in [2, 3, 16] {
                assert!(compressed(&bytes, format, threads) == expected, "{format:?} {threads}");
                let mut output = Vec::new();
                let threads = NonZero::new(threads).unwrap();
                let settings = Settings { format, level: format.default_level(), threads };
                compress(Trickle(&bytes, 1), &mut output, &settings).unwrap();
                assert!(output == expected, "{format:?} in pieces");
            }
        }
    }

    /// When this fails after an update of a compression crate, the digest of every image changes with that update.
    #[test]
    fn the_output_is_the_known_one() {
        let bytes = sample(3 * BLOCK);
        let digest = |format| digest::of_bytes(&compressed(&bytes, format, 2)).to_string();
        assert_eq!(digest(Format::Gzip), "sha256:d47cd116d00fe2965c4702897d5b39213f80713e717e09b678e1bec3ce02859f");
        assert_eq!(digest(Format::Zstd), "sha256:604e04515e50c7587e91df8f9ebddcc650cac0f650acfb72b33b81cc0ec2c847");
    }

    #[test]
    fn the_gzip_header_says_nothing_about_the_machine() {
        assert_eq!(compressed(b"x", Format::Gzip, 1)[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    }

    #[test]
    fn repetitions_across_blocks_are_found() {
        let noise: Vec<u8> =
            sample(BLOCK).iter().zip(sample(2 * BLOCK).chunks(2)).map(|(a, b)| a ^ b[1] << 4).collect();
        let tail = &noise[BLOCK - 16 * 1024..];
        let bytes: Vec<u8> = noise.iter().chain(tail).copied().collect();
        let growth = compressed(&bytes, Format::Gzip, 1).len() - compressed(&noise, Format::Gzip, 1).len();
        assert!(growth < 200, "{growth}");
    }

    #[test]
    fn unknown_levels_are_refused() {
        for (format, level) in [(Format::Gzip, 0), (Format::Gzip, 10), (Format::Zstd, 20)] {
            let settings = Settings { format, level, threads: NonZero::<usize>::MIN };
            let error = compress(io::empty(), io::sink(), &settings).unwrap_err();
            assert!(matches!(error, Error::Level { .. }), "{error}");
        }
    }

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_broken_end_is_an_error_and_no_hang() {
        for format in [Format::Gzip, Format::Zstd] {
            let settings = Settings { format, level: 3, threads: NonZero::new(2).unwrap() };
            let read = compress(Broken, io::sink(), &settings).unwrap_err();
            assert!(matches!(read, Error::Input(_)), "{read}");
            let endless = sample(40 * BLOCK);
            let written = compress(endless.as_slice(), Broken, &settings).unwrap_err();
            assert!(matches!(written, Error::Output(_)), "{written}");
        }
    }
}
