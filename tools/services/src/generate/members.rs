//! The members of the Cargo workspace: the folders with a manifest, for cargo and for Bazel, which both want them named.

use crate::Error;
use crate::tree::Tree;

/// The folders that members are in.
// keep sorted
const PARENTS: [&str; 4] = ["build", "svc", "tests", "tools"];

/// The command line client, which is a crate by itself.
const CLIENT: &str = "cli";

/// Every member's folder, sorted.
pub(super) fn folders(tree: &Tree) -> Result<Vec<String>, Error> {
    let mut candidates = vec![CLIENT.to_owned()];
    for parent in PARENTS {
        candidates.extend(tree.entries(parent)?.into_iter().map(|name| format!("{parent}/{name}")));
    }
    let mut folders = Vec::new();
    for folder in candidates {
        if tree.read(&format!("{folder}/Cargo.toml"))?.is_some() {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

/// The items of `members` in `Cargo.toml`.
pub(super) fn of_cargo(folders: &[String]) -> Vec<String> {
    folders.iter().map(|folder| format!("\"{folder}\",")).collect()
}

/// The items of `manifests` in `MODULE.bazel`.
pub(super) fn of_bazel(folders: &[String]) -> Vec<String> {
    folders.iter().map(|folder| format!("\"//{folder}:Cargo.toml\",")).collect()
}
