//! `release status`: finds out where services stand, prints a table.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use registry::RetryPolicy;
use release::build::closure::BazelClosures;
use release::build::{Bazel, destination};
use release::environment;
use release::git::Repository;
use release::github::Patience;
use release::interruption::wait;
use release::plan::status::{self, ImageState, Status};
use services::{CLI, Services};
use terminal::{Exit, Failure, Table, stdout};

use crate::cli::status::StatusArgs;
use crate::commands::{plan, publish};

/// Runs the verb.
pub fn run(folder: &Path, arguments: &StatusArgs) -> Result<Exit, Failure> {
    let repository = Repository::open(folder)?;
    let services = Services::read(repository.root())?.with_cli();
    if !arguments.no_fetch {
        repository.fetch(services.names().iter().map(String::as_str))?;
    }
    let bazel = Bazel::new(repository.root());
    let mut statuses = status::of_all(&repository, &services, &BazelClosures::new(bazel.clone()))?;
    if !arguments.no_registry {
        ask_registry(&mut statuses, &bazel, arguments.registry.as_deref())?;
        ask_github(&mut statuses, &repository)?;
    }
    if arguments.json {
        stdout::print_json(&statuses)?;
    } else {
        stdout::print(&text(&statuses))?;
    }
    for status in &statuses {
        plan::warn_of_broken(&status.broken);
    }
    Ok(complain(&statuses))
}

/// Asks for the images of the last releases, where those of the work tree's services go.
fn ask_registry(statuses: &mut [Status], bazel: &Bazel, registry: Option<&str>) -> Result<(), Failure> {
    let is_image = |status: &&Status| status.last.is_some() && status.service != CLI;
    let services: Vec<String> = statuses.iter().filter(is_image).map(|status| status.service.clone()).collect();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let places = destination::repositories(bazel, &services, registry)?;
    wait(status::ask_registry(statuses, &places, &RETRY, progress_bar::on_stderr().as_ref()))?;
    Ok(())
}

/// Asks whether the client's last release is published, where there is a token to ask with. npm is not asked: it would have to be
/// installed for that.
fn ask_github(statuses: &mut [Status], repository: &Repository) -> Result<(), Failure> {
    if environment::read(environment::GITHUB_TOKEN).is_some() {
        let github = publish::github(repository, Patience::none(Arc::from(progress_bar::on_stderr())));
        wait(status::ask_github(statuses, github))?;
    }
    Ok(())
}

/// A table is looked at by somebody who waits: a registry that does not answer soon is told so.
const RETRY: RetryPolicy = RetryPolicy {
    attempts: 2,
    first_delay: Duration::from_millis(250),
    longest_delay: Duration::from_secs(2),
    total: Duration::from_secs(10),
    timeout: Duration::from_secs(10),
};

/// Says once why the registry could not be asked.
fn complain(statuses: &[Status]) -> Exit {
    let unknown = statuses.iter().find_map(|status| match &status.image {
        Some(ImageState::Unknown { reason, hint }) => Some((reason, hint)),
        _ => None,
    });
    match unknown {
        Some((reason, hint)) => {
            let hint = hint.as_ref().map(|hint| format!("{hint}; or ")).unwrap_or_default();
            let hint = format!("{hint}leave the registry out with `--no-registry`");
            let failure = Failure::unknown(reason).with_hint(hint);
            failure.print();
            failure.exit()
        }
        None => Exit::Success,
    }
}

fn text(statuses: &[Status]) -> String {
    let has_images = statuses.iter().any(|status| status.image.is_some());
    let mut header = vec!["service", "release", "since then"];
    if has_images {
        header.push("registry");
    }
    let mut table = Table::new(&header);
    for status in statuses {
        let mut row = vec![status.service.clone(), version(status), since(status)];
        if has_images {
            row.push(image(status).to_owned());
        }
        table.push(row);
    }
    table.render()
}

fn image(status: &Status) -> &'static str {
    match &status.image {
        None => "-",
        Some(ImageState::Published { .. } | ImageState::Released { .. }) => "published",
        Some(ImageState::Missing) => "missing",
        Some(ImageState::Unknown { .. }) => "unknown",
    }
}

fn version(status: &Status) -> String {
    status.last.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn since(status: &Status) -> String {
    match (status.identical, status.changes) {
        (None, _) => "never released".to_owned(),
        (Some(true), _) => "up to date".to_owned(),
        // What a merge dropped after it was released is no commit of main.
        (Some(false), 0) => "differs".to_owned(),
        (Some(false), 1) => "1 commit since".to_owned(),
        (Some(false), several) => format!("{several} commits since"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_lines_of_a_table() {
        let status = |service: &str, last: Option<&str>, identical, changes| Status {
            service: service.to_owned(),
            last: last.map(|text| text.parse().unwrap()),
            commit: None,
            identical,
            changes,
            image: None,
            broken: Vec::new(),
        };
        let mut statuses = [
            status("api", Some("v1.10.0"), Some(false), 3),
            status("worker", Some("v1.0.0"), Some(true), 0),
            status("cli", None, None, 0),
        ];
        let expected = "service  release  since then\n\
                        api      v1.10.0  3 commits since\n\
                        worker   v1.0.0   up to date\n\
                        cli      -        never released\n";
        assert_eq!(text(&statuses), expected);
        statuses[0].image = Some(ImageState::Missing);
        statuses[1].image = Some(ImageState::Published { digest: "sha256:a".to_owned() });
        let expected = "service  release  since then       registry\n\
                        api      v1.10.0  3 commits since  missing\n\
                        worker   v1.0.0   up to date       published\n\
                        cli      -        never released   -\n";
        assert_eq!(text(&statuses), expected);
    }
}
