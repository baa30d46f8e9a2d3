//! The one integration binary of `image`: a module a verb, each running the built tool as a user would, and `support` for what
//! they share.

mod check;
mod inspect;
mod load;
mod login;
mod push;
mod support;

use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// The built tool. Cargo says at compile time where it is, Bazel in the environment of the test.
fn image() -> Command {
    const VARIABLE: &str = "CARGO_BIN_EXE_image";
    let built = option_env!("CARGO_BIN_EXE_image").map(PathBuf::from).filter(|path| path.exists());
    let path = built.or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
    Command::new(std::path::absolute(path.expect("the test knows where `image` is")).unwrap())
}

/// A file or folder of the workspace: where this was compiled, or in the runfiles that Bazel starts a test in.
fn workspace(path: &str) -> PathBuf {
    let compiled =
        option_env!("CARGO_MANIFEST_DIR").map(|crate_folder| Path::new(crate_folder).join("../..").join(path));
    let path = compiled.filter(|compiled| compiled.exists()).unwrap_or_else(|| PathBuf::from(path));
    std::path::absolute(path).unwrap()
}
