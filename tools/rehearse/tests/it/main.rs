//! The one integration binary of `rehearse`. `workflows`: what the files below `.depot` may say, held against `rules`;
//! `tags`: which tags start a release; `rehearsals`: the tool with small workflows, in a `scene` each.

mod rehearsals;
mod rules;
mod scene;
mod tags;
mod workflows;

use std::path::{Path, PathBuf};

/// A file or folder of the workspace: where this was compiled, or in the runfiles that Bazel starts a test in.
fn workspace(path: &str) -> PathBuf {
    let compiled =
        option_env!("CARGO_MANIFEST_DIR").map(|crate_folder| Path::new(crate_folder).join("../..").join(path));
    let path = compiled.filter(|compiled| compiled.exists()).unwrap_or_else(|| PathBuf::from(path));
    std::path::absolute(path).unwrap()
}
