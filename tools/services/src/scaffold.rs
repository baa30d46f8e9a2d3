//! A new service: its files from templates, checked before any of them is written.
//!
//! Owns what a new service begins with. What names it elsewhere is `generate`'s.

use release_tag::ServiceName;
use serde::Serialize;
use terminal::printable;

use crate::services::Services;
use crate::templates::NEW_SERVICE;
use crate::tree::Tree;
use crate::{Error, facts, generate};

/// The first port that a new service may get: above those of the services that came with the project.
const FIRST_PORT: u16 = 8100;

/// The longest description, in characters: a label of the image and a line of `--help`.
const DESCRIPTION_LIMIT: usize = 100;

/// The longest line of Rust, in characters: `rustfmt.toml`'s.
const LINE_LIMIT: usize = 120;

/// What the templates are filled with.
#[derive(Serialize)]
struct Values<'a> {
    name: &'a str,
    identifier: String,
    description: &'a str,
    port: u16,
    /// What the binary is linked of, as lines of its manifest, sorted.
    dependencies: String,
    /// Whether `main` fits on one line, as rustfmt would have it.
    is_short: bool,
}

/// Puts a new service into the tree, and everything that names it.
///
/// # Errors
/// When the name or the description cannot be taken, or when what is there already is broken.
pub fn scaffold(tree: &mut Tree, name: &str, description: Option<&str>) -> Result<ServiceName, Error> {
    let name = ServiceName::parse(name)?;
    name.check_reserved()?;
    check_free(tree, &name)?;
    let default = format!("The {name} service");
    let description = description.unwrap_or(&default);
    check_description(description)?;
    let call = format!("    util::run_service_command!(\"{name}\", \"{description}\", {}::run)", name.identifier());
    let mut dependencies = [format!("{name} = {{ path = \"../../svc/{name}\" }}"), "util.workspace = true".to_owned()];
    dependencies.sort();
    let values = Values {
        name: name.as_str(),
        identifier: name.identifier(),
        description,
        port: free_port(tree)?,
        dependencies: dependencies.join("\n"),
        is_short: call.chars().count() <= LINE_LIMIT,
    };
    for (template, path) in NEW_SERVICE {
        tree.write(path.replace("NAME", name.as_str()), template.fill(&values)?);
    }
    generate::generate(tree)?;
    Ok(name)
}

/// No folder, configuration or crate is in the way.
fn check_free(tree: &Tree, name: &ServiceName) -> Result<(), Error> {
    for (parent, entry) in [
        ("build", name.to_string()),
        ("svc", name.to_string()),
        (facts::FOLDER, format!("{name}.toml")),
        ("dev/k8s", format!("{name}.yaml")),
    ] {
        if tree.entries(parent)?.contains(&entry) {
            return Err(Error::Exists { name: name.to_string(), path: format!("{parent}/{entry}") });
        }
    }
    let lock = tree.read("Cargo.lock")?.unwrap_or_default();
    let packages = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let own = [name.identifier(), format!("{}_command", name.identifier())];
    // In Rust `-` and `_` are the same.
    let taken = packages.into_iter().find(|package| own.contains(&package.replace('-', "_")));
    taken.map_or(Ok(()), |package| Err(Error::Crate { name: name.to_string(), package: package.to_owned() }))
}

/// It goes into a string of Rust, Starlark and TOML, and none of them is to read anything else into it.
fn check_description(text: &str) -> Result<(), Error> {
    let reason = if text.trim().is_empty() {
        "is empty"
    } else if text.trim() != text {
        "begins or ends with white space"
    } else if text.chars().count() > DESCRIPTION_LIMIT {
        "is longer than 100 characters"
    } else if !text.chars().all(|character| character.is_alphanumeric() || matches!(character, ' '..='~')) {
        "has more than one line, or characters that cannot be seen"
    } else if text.contains(['"', '\\', '{', '}', '$', '`']) {
        "has a quote, a `\\`, a `$` or a brace in it"
    } else {
        return Ok(());
    };
    Err(Error::Description { text: printable::start(text, DESCRIPTION_LIMIT), reason })
}

fn free_port(tree: &Tree) -> Result<u16, Error> {
    let facts = facts::of(Services::of_tree(tree)?.names(), tree)?;
    let is_taken = |port: u16| facts.iter().any(|one| one.port == port || one.secure_port == Some(port));
    Ok((FIRST_PORT..u16::MAX).find(|&port| !is_taken(port)).unwrap_or(FIRST_PORT))
}
