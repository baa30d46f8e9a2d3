//! What has to name services or members of the workspace, made from the folders.
//!
//! Owns which files those are and what stands in them. `make bazel` writes them; `make lint` finds one that is behind.

mod local;
mod members;

use crate::facts::{self, FactsError};
use crate::region::{self, RegionError};
use crate::services::{ServiceError, Services};
use crate::templates::TemplateError;
use crate::tree::{Tree, TreeError};

/// The command that writes what is generated.
pub const COMMAND: &str = "make bazel";

/// What follows a service's name in the tags that start a release; GitHub's patterns cannot say more.
const TAG_VERSION: &str = "/v[0-9]+.[0-9]+.[0-9]+*";

/// What can go wrong while texts are made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A file cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The services are not known.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A service's configuration cannot be used.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// A file that people write lacks the lines that text goes between.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// There is no such file.
    #[error("there is no `{path}`, which names services between lines of its own")]
    NoFile {
        /// The file.
        path: &'static str,
    },
    /// A template is broken.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl GenerateError {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Service(error) => error.hint(),
            Self::Facts(FactsError::Missing { path, .. }) => {
                Some(format!("write `{path}`, with at least `listen = \"0.0.0.0:<port>\"`"))
            }
            Self::Facts(FactsError::Port { service, .. }) => {
                Some(format!("give `listen` another port in `{}`", facts::path(service)))
            }
            Self::Region(_) | Self::NoFile { .. } => {
                Some("take the lines from an earlier commit of the file".to_owned())
            }
            _ => None,
        }
    }
}

/// Puts everything that is generated into the tree.
///
/// # Errors
/// When it cannot be made. What the tree holds then is not to be written.
pub fn generate(tree: &mut Tree) -> Result<(), GenerateError> {
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
fn replace(tree: &mut Tree, path: &'static str, name: &'static str, lines: &[String]) -> Result<(), GenerateError> {
    let text = tree.read(path)?.ok_or(GenerateError::NoFile { path })?;
    let replaced = region::replace(path, &text, name, lines)?;
    tree.write(path, replaced);
    Ok(())
}
