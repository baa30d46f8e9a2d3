//! `release closure`: asks Bazel, prints the files.

use std::collections::BTreeSet;
use std::path::Path;

use release::build::Bazel;
use release::build::closure::{BazelClosures, Closure, Closures as _};
use release::git::Repository;
use services::Services;
use terminal::{Exit, Failure, stdout};

use crate::cli::closure::ClosureArgs;

/// Runs the verb.
pub fn run(folder: &Path, arguments: &ClosureArgs) -> Result<Exit, Failure> {
    let repository = Repository::open(folder)?;
    let services = Services::read(repository.root())?;
    let typed: Vec<String> = arguments.services.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    let all = services.clone().with_cli();
    typed.iter().try_for_each(|name| all.expect(name))?;
    let chosen = if typed.is_empty() { services.names() } else { &typed };
    let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
    let closures = BazelClosures::new(Bazel::new(repository.root())).closures(&chosen)?;
    if arguments.json {
        stdout::print_json(&closures)?;
    } else {
        let paths: BTreeSet<&String> = closures.values().flat_map(Closure::paths).collect();
        stdout::print_lines(paths)?;
    }
    Ok(Exit::Success)
}
