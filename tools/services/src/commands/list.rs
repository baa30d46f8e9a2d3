//! `services list`: the names, for people and scripts.

use std::path::Path;

use services::Services;
use terminal::{Exit, Failure};

use crate::cli::ListArgs;

pub fn run(repository: &Path, arguments: &ListArgs) -> Result<Exit, Failure> {
    let services = Services::read(repository)?;
    arguments.names.iter().try_for_each(|name| services.expect(name))?;
    let is_chosen = |name: &&String| arguments.names.is_empty() || arguments.names.contains(name);
    for name in services.names().iter().filter(is_chosen) {
        println!("{name}");
    }
    Ok(Exit::Success)
}
