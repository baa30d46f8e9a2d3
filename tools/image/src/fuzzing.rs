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
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::TARGETS;

    /// The crate's folder: where this was compiled, or in the runfiles that Bazel starts a test in.
    fn crate_folder() -> PathBuf {
        let compiled = option_env!("CARGO_MANIFEST_DIR").map(PathBuf::from).filter(|folder| folder.exists());
        compiled.unwrap_or_else(|| PathBuf::from("tools/image"))
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn every_target_is_a_program_and_has_a_corpus() {
        let expected: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
        for folder in ["fuzz/fuzz_targets", "fuzz/corpus"] {
            assert_eq!(names(&crate_folder().join(folder)), expected, "{folder}");
        }
    }

    #[test]
    fn the_corpus_breaks_no_promise() {
        for (name, run) in TARGETS {
            let folder = crate_folder().join("fuzz/corpus").join(name);
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                // Named before it runs: what panics below does not know its input.
                println!("{}", path.display());
                run(&fs::read(&path).unwrap());
            }
        }
    }
}
