//! `release check`: reads the tag, decides, prints the decision.

use std::path::{Path, PathBuf};

use release::check::{Checked, check};
use release::environment;
use release::git::Repository;
use release::github_output;
use release::image_name;
use release::request;
use services::Services;
use terminal::{Exit, UsageError, stdout};

use crate::cli::check::CheckArgs;
use crate::commands::plan::prereleases;

/// Runs the verb.
pub fn run(folder: &Path, arguments: &CheckArgs) -> anyhow::Result<Exit> {
    // The grammar first: nothing else sees a text that breaks it.
    let tag = request::tag(&arguments.tag)?;
    let image = image_name::at(arguments.registry.as_deref(), &tag)?;
    let output = if arguments.github_output { Some(output_file()?) } else { None };
    let repository = Repository::open(folder)?;
    Services::read(repository.root())?.with_cli().expect(tag.service())?;
    let mut checked = check(&repository, &tag, prereleases(arguments.allow_prerelease_off_main))?;
    checked.image = image;
    if let Some(output) = output {
        github_output::append(&output, &outputs(&checked))?;
    }
    if arguments.json {
        stdout::print_json(&checked)?;
    } else {
        let image = checked.image.as_deref().unwrap_or_default();
        stdout::print(&format!("{} {} {image}\n", checked.tag, checked.commit))?;
    }
    Ok(Exit::Success)
}

fn output_file() -> anyhow::Result<PathBuf> {
    let missing = || {
        let message = format!("`--github-output` needs `{}`, which is not set", environment::GITHUB_OUTPUT);
        UsageError::new(message, "use it in a step of a GitHub workflow, or use `--json`")
    };
    Ok(environment::read(environment::GITHUB_OUTPUT).map(PathBuf::from).ok_or_else(missing)?)
}

fn outputs(checked: &Checked) -> [(&'static str, String); 5] {
    [
        ("service", checked.service.clone()),
        ("version", checked.version.to_string()),
        ("image", checked.image.clone().unwrap_or_default()),
        ("prerelease", checked.prerelease.to_string()),
        ("commit", checked.commit.to_string()),
    ]
}
