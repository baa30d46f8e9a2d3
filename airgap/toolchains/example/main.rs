//! Compresses and expands a text with zstd, whose library is C, and says for which architecture it was built.

use std::process::ExitCode;

fn main() -> ExitCode {
    let text = "the same words again and again, ".repeat(1000);
    let compressed = zstd::encode_all(text.as_bytes(), 3).expect("memory does not fail to be written");
    let expanded = zstd::decode_all(compressed.as_slice()).expect("what zstd wrote is what zstd reads");
    if expanded != text.as_bytes() || compressed.len() * 10 > text.len() {
        return ExitCode::FAILURE;
    }
    println!("zstd works on {}", std::env::consts::ARCH);
    ExitCode::SUCCESS
}
