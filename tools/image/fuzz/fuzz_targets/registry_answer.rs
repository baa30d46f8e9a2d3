//! `image::fuzzing::registry_answer` on whatever the fuzzer thinks of.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| image::fuzzing::registry_answer(bytes));
