//! Compressing: what goes in comes out, however many threads there are.

use std::io::Read as _;
use std::num::NonZero;

use flate2::bufread::GzDecoder;

use image_build::compress::{Format, Settings, compress as run};
use registry::fuzzing::choice;

/// More than two of the blocks that are compressed at a time.
const LARGEST: usize = 300 * 1024;

/// The first byte chooses format and level, the second how often the rest is repeated.
pub fn compress(bytes: &[u8]) {
    let (first, bytes) = choice(bytes);
    let (second, bytes) = choice(bytes);
    let mut input = bytes.repeat(1 + usize::from(second) * usize::from(second));
    input.truncate(LARGEST);
    let (format, levels) = if first & 1 == 0 { (Format::Gzip, 9) } else { (Format::Zstd, 12) };
    let level = 1 + u32::from(first >> 1) % levels;
    let output = |threads| {
        let mut output = Vec::new();
        let threads = NonZero::new(threads).unwrap_or(NonZero::<usize>::MIN);
        run(input.as_slice(), &mut output, &Settings { format, level, threads }).expect("memory can be written");
        output
    };
    let compressed = output(1);
    assert!(compressed == output(2), "the number of threads changes the output");
    let mut decompressed = Vec::new();
    match format {
        Format::Gzip => {
            let mut decoder = GzDecoder::new(compressed.as_slice());
            decoder.read_to_end(&mut decompressed).expect("it is gzip");
            assert!(decoder.into_inner().is_empty(), "something comes after the member");
        }
        Format::Zstd => decompressed = zstd::decode_all(compressed.as_slice()).expect("it is zstd"),
    }
    assert!(decompressed == input, "something else comes out");
}
