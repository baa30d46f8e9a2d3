//! Runs the inputs of fuzz targets without a fuzzer.

use std::fs;
use std::path::Path;

use crate::paths;

/// What runs an input.
pub type Target = fn(&[u8]);

/// Gives every file in `FOLDER/corpus/NAME` to the target with this name. `folder` is the one of the fuzz crate, from the
/// workspace's root. Every target has to have a corpus, and a program in `FOLDER/fuzz_targets`.
pub fn run(folder: &str, targets: &[(&str, Target)]) {
    let folder = paths::workspace(folder);
    let expected: Vec<_> = targets.iter().map(|(name, _)| *name).collect();
    for kind in ["fuzz_targets", "corpus"] {
        assert_eq!(names(&folder.join(kind)), expected, "{kind}");
    }
    for (name, target) in targets {
        for entry in fs::read_dir(folder.join("corpus").join(name)).expect("a corpus") {
            let path = entry.expect("an entry").path();
            let input = fs::read(&path).expect("an input");
            let outcome = std::panic::catch_unwind(|| target(&input));
            // Why is on stderr already.
            assert!(outcome.is_ok(), "`{}` breaks a promise", path.display());
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("`{}`: {error}", folder.display()));
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).expect("a name");
    let mut names: Vec<_> = entries.map(|entry| stem(&entry.expect("an entry").path())).collect();
    names.sort();
    names
}
