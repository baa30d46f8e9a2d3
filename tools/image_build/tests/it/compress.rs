//! `image_build compress`: the filter. What it promises about its bytes is tested beside the code.

use std::io::Read as _;

use flate2::read::GzDecoder;

use crate::image_build;

fn compressed(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    image_build()
        .arg("compress")
        .args(arguments)
        .write_stdin(input)
        .assert()
        .success()
        .stderr("")
        .get_output()
        .stdout
        .clone()
}

/// Without printing either where they differ: they are long.
#[track_caller]
fn assert_same_bytes(actual: &[u8], expected: &[u8]) {
    let difference = actual.iter().zip(expected).position(|(one, other)| one != other);
    assert_eq!((actual.len(), difference), (expected.len(), None), "length, and where they first differ");
}

#[test]
fn stdin_goes_to_stdout() {
    let input = b"some text, ".repeat(100_000);
    let mut output = Vec::new();
    GzDecoder::new(compressed(&[], &input).as_slice()).read_to_end(&mut output).unwrap();
    assert_same_bytes(&output, &input);
    assert_same_bytes(&zstd::decode_all(compressed(&["--format", "zstd"], &input).as_slice()).unwrap(), &input);
}

#[test]
fn threads_do_not_change_the_output_and_levels_do() {
    let input: Vec<u8> = (0..400_000_u32).flat_map(|number| number.wrapping_pow(2).to_le_bytes()).collect();
    let default = compressed(&[], &input);
    for threads in ["1", "3"] {
        assert_same_bytes(&compressed(&["--threads", threads], &input), &default);
    }
    assert_same_bytes(&compressed(&["--level", "6"], &input), &default);
    assert_ne!(compressed(&["--level", "1"], &input).len(), default.len());
}

#[test]
fn a_level_that_is_not_there_is_refused() {
    image_build()
        .args(["compress", "--level", "10"])
        .assert()
        .code(2)
        .stdout("")
        .stderr("error: gzip has no level `10`, only 1 to 9\n");
    image_build().args(["compress", "--threads", "0"]).assert().code(2);
}
