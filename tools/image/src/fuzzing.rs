//! What fuzzers and their corpus run: one function for each kind of foreign bytes. They panic where the library breaks a
//! promise, and nothing else is to be read from them.
//!
//! Only in builds for tests and fuzzers: `fuzz/fuzz_targets` calls these functions, and the unit test below runs the
//! corpus through them without a fuzzer.

mod archive;
mod compress;
mod config;
mod docker_config;
mod layout;
mod scratch;
mod settings;

pub use self::archive::archive;
pub use self::compress::compress;
pub use self::config::config;
pub use self::docker_config::docker_config;
pub use self::layout::layout;
pub use self::settings::settings;
pub use crate::check::fuzzing::elf;
pub use registry::fuzzing::registry_answer;

/// What runs an input.
pub type Target = fn(&[u8]);

/// Every target by name, as in `fuzz/fuzz_targets`.
pub const TARGETS: [(&str, Target); 8] = [
    ("archive", archive),
    ("compress", compress),
    ("config", config),
    ("docker_config", docker_config),
    ("elf", elf),
    ("layout", layout),
    ("registry_answer", registry_answer),
    ("settings", settings),
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_breaks_no_promise() {
        parts::corpus::run("tools/image/fuzz", &super::TARGETS);
    }
}
