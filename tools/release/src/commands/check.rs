//! `release check`: reads the tag, decides, prints the decision.

use std::path::{Path, PathBuf};

use release::build::{Sources, destination};
use release::check::{Checked, check};
use release::environment;
use release::git::Repository;
use release::plan::request;
use release_tag::{ServiceName, Tag, Version};
use serde::Serialize;
use services::CLI;
use terminal::{Exit, Failure, stdout};

use crate::cli::check::CheckArgs;
use crate::commands::github_output;
use crate::commands::plan::prereleases;

/// What is printed as JSON.
#[derive(Serialize)]
struct Output<'a> {
    tag: &'a Tag,
    service: &'a ServiceName,
    version: &'a Version,
    /// What the image is called; nothing for what is no image.
    image: Option<String>,
    prerelease: bool,
    commit: String,
    on_main: Option<bool>,
}

/// Runs the verb.
pub fn run(folder: &Path, arguments: &CheckArgs) -> Result<Exit, Failure> {
    // The grammar first: nothing else sees a text that breaks it.
    let tag = request::tag(&arguments.tag)?;
    let file = if arguments.github_output { Some(output_file()?) } else { None };
    let repository = Repository::open(folder)?;
    let checked = check(&repository, &tag, prereleases(arguments.allow_prerelease_off_main))?;
    let output = Output {
        tag: &tag,
        service: tag.service(),
        version: tag.version(),
        image: image(&repository, &checked, arguments.registry.as_deref())?,
        prerelease: tag.version().is_prerelease(),
        commit: checked.commit.to_string(),
        on_main: checked.on_main,
    };
    if let Some(file) = file {
        github_output::append(&file, &outputs(&output))?;
    }
    if arguments.json {
        stdout::print_json(&output)?;
    } else {
        let image = output.image.as_deref().unwrap_or_default();
        stdout::print(&format!("{} {} {image}\n", output.tag, output.commit))?;
    }
    Ok(Exit::Success)
}

/// What the tag's image is called, as its commit says.
fn image(repository: &Repository, checked: &Checked, registry: Option<&str>) -> Result<Option<String>, Failure> {
    let tag = &checked.tag;
    if tag.service().as_str() == CLI {
        return Ok(None);
    }
    let progress = progress_bar::on_stderr();
    let bazel = Sources::to_ask(repository, progress.as_ref()).bazel(&checked.commit)?;
    let place = destination::repository(&bazel, tag.service().as_str(), registry)?;
    Ok(Some(format!("{place}:{}", tag.version())))
}

fn output_file() -> Result<PathBuf, Failure> {
    let missing = || {
        let message = format!("`--github-output` needs `{}`, which is not set", environment::GITHUB_OUTPUT);
        Failure::unknown(message).with_hint("use it in a step of a GitHub workflow, or use `--json`")
    };
    environment::read(environment::GITHUB_OUTPUT).map(PathBuf::from).ok_or_else(missing)
}

fn outputs(output: &Output) -> [(&'static str, String); 5] {
    [
        ("service", output.service.to_string()),
        ("version", output.version.to_string()),
        ("image", output.image.clone().unwrap_or_default()),
        ("prerelease", output.prerelease.to_string()),
        ("commit", output.commit.clone()),
    ]
}
