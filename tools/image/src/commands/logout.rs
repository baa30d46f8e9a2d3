//! `image logout`: takes credentials away, says from where.

use image::environment;
use image::login::{Forgotten, forget};
use terminal::Exit;

use crate::cli::logout::LogoutArgs;

/// Runs the verb. A registry that nothing is stored for is no error: it is as it should be.
pub fn run(arguments: &LogoutArgs) -> anyhow::Result<Exit> {
    let folder = environment::docker_config_folder();
    let Forgotten { registry, path, helper } = forget(&arguments.registry, folder.as_deref())?;
    if let Some(helper) = &helper {
        eprintln!("{registry}: forgotten by `{helper}`");
    }
    match (&path, &helper) {
        (Some(path), _) => eprintln!("{registry}: removed from `{}`", path.display()),
        (None, None) => eprintln!("{registry}: nothing is stored"),
        (None, Some(_)) => {}
    }
    Ok(Exit::Success)
}
