//! What has to name services or members of the workspace, made from the folders.
//!
//! Owns which files those are and what stands in them. `make bazel` writes them; `make lint` finds one that is behind.

mod local;
mod members;

use crate::services::Services;
use crate::tree::Tree;
use crate::{Error, facts, region};

/// The command that writes what is generated.
pub const COMMAND: &str = "make bazel";

/// What follows a service's name in the tags that start a release; GitHub's patterns cannot say more.
const TAG_VERSION: &str = "/v[0-9]+.[0-9]+.[0-9]+*";

/// Puts everything that is generated into the tree.
///
/// # Errors
/// When it cannot be made. What the tree holds then is not to be written.
pub fn generate(tree: &mut Tree) -> Result<(), Error> {
    let services = Services::of_tree(tree)?;
    let facts = facts::of(services.names(), tree)?;
    let members = members::folders(tree)?;
    let each = |lines: &dyn Fn(&str) -> String| services.names().iter().map(|name| lines(name)).collect::<Vec<_>>();

    let bazel = each(&|name| format!("\"{name}\","));
    replace(tree, "build/services.bzl", "services", &bazel)?;
    replace(tree, "Cargo.toml", "members", &members::of_cargo(&members))?;
    replace(tree, "MODULE.bazel", "manifests", &members::of_bazel(&members))?;
    let tags = each(&|name| format!("- \"{name}{TAG_VERSION}\""));
    replace(tree, ".depot/workflows/service-release.yaml", "tags", &tags)?;
    local::generate(tree, &facts)
}

/// Puts lines into a region of a file that people write.
fn replace(tree: &mut Tree, path: &'static str, name: &'static str, lines: &[String]) -> Result<(), Error> {
    let text = tree.read(path)?.ok_or(Error::NoFile { path })?;
    let replaced = region::replace(path, &text, name, lines)?;
    tree.write(path, replaced);
    Ok(())
}
