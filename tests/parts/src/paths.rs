//! Where programs and files of the workspace are, for tests that cargo or Bazel runs.

use std::env;
use std::path::{Path, PathBuf, absolute};

use crate::environment::PATH;

/// The path of a binary of the crate that is tested.
#[macro_export]
macro_rules! program {
    ($name:literal) => {
        $crate::paths::program($name, ::core::option_env!(::core::concat!("CARGO_BIN_EXE_", $name)))
    };
}

/// The path of a binary: cargo tells it while it compiles the test (`compiled`), Bazel by a variable of the same name while the
/// test runs.
pub fn program(name: &str, compiled: Option<&str>) -> PathBuf {
    let compiled = compiled.map(PathBuf::from).filter(|path| path.exists());
    let variable = format!("CARGO_BIN_EXE_{name}");
    let path = compiled.or_else(|| env::var_os(&variable).map(PathBuf::from));
    absolute(path.unwrap_or_else(|| panic!("`{variable}` is not set"))).expect("a current folder")
}

/// Where a program is that is on the `PATH`.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os(PATH)?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A file or folder of the workspace: where this was compiled, or in the runfiles in which Bazel starts a test.
pub fn workspace(path: &str) -> PathBuf {
    let compiled = option_env!("CARGO_MANIFEST_DIR").map(|parts| Path::new(parts).join("../..").join(path));
    let path = compiled.filter(|compiled| compiled.exists()).unwrap_or_else(|| PathBuf::from(path));
    absolute(path).expect("a current folder")
}
