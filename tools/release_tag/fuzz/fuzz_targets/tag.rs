//! `release_tag::fuzzing::tag` on whatever the fuzzer thinks of.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| release_tag::fuzzing::tag(bytes));
