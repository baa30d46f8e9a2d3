//! `services generate`: writes what is behind, or says what is.

use std::path::Path;

use services::generate;
use services::tree::Tree;
use terminal::{Exit, Failure, stderr};

use crate::cli::GenerateArgs;

pub fn run(repository: &Path, arguments: &GenerateArgs) -> Result<Exit, Failure> {
    let mut tree = Tree::new(repository);
    generate::generate(&mut tree)?;
    if arguments.check {
        return check(&tree);
    }
    let applied = tree.apply()?;
    for change in applied.changes() {
        let what = if change.after.is_some() { "wrote" } else { "removed" };
        stderr::print_line(&format!("services: {what} {}", change.path));
    }
    applied.keep();
    Ok(Exit::Success)
}

fn check(tree: &Tree) -> Result<Exit, Failure> {
    let changes = tree.changes()?;
    if changes.is_empty() {
        return Ok(Exit::Success);
    }
    for change in &changes {
        println!("{}", change.path);
    }
    let message = format!("what names the services is behind in the {} files above", changes.len());
    Err(Failure::refused(message).with_hint(generate::COMMAND))
}
