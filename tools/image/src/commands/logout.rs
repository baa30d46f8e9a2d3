//! `image logout`: takes credentials away, says from where.

use http_client::environment;
use registry::login::{Forgotten, forget};
use terminal::{Exit, Failure, stderr};

use crate::cli::logout::LogoutArgs;

/// Runs the verb. A registry that nothing is stored for is no error: it is as it should be.
pub fn run(arguments: &LogoutArgs) -> Result<Exit, Failure> {
    let folder = environment::docker_config_folder();
    let Forgotten { registry, path, helper } = forget(&arguments.registry, folder.as_deref())?;
    if let Some(helper) = &helper {
        stderr::print_line(&format!("{registry}: forgotten by `{helper}`"));
    }
    match (&path, &helper) {
        (Some(path), _) => stderr::print_line(&format!("{registry}: removed from `{}`", path.display())),
        (None, None) => stderr::print_line(&format!("{registry}: nothing is stored")),
        (None, Some(_)) => {}
    }
    Ok(Exit::Success)
}
