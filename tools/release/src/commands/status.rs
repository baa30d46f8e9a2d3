//! `release status`: finds out where services stand, prints a table.

use std::path::Path;

use release::repository::Repository;
use release::services::Services;
use release::status::{self, Status};
use terminal::{Exit, stdout};

use crate::cli::status::StatusArgs;
use crate::commands::plan;

/// Runs the verb.
pub fn run(folder: &Path, arguments: &StatusArgs) -> anyhow::Result<Exit> {
    let repository = Repository::open(folder)?;
    let services = Services::read(repository.root())?.with_cli();
    if !arguments.no_fetch {
        let patterns: Vec<String> = services.names().iter().map(|service| format!("{service}/*")).collect();
        repository.fetch(&patterns)?;
    }
    let closures = plan::closures(&repository, &arguments.closures)?;
    let statuses = status::of_all(&repository, &services, closures.as_ref())?;
    if arguments.json {
        stdout::print_json(&statuses)?;
    } else {
        stdout::print(&text(&statuses))?;
    }
    Ok(Exit::Success)
}

fn text(statuses: &[Status]) -> String {
    let service_width = statuses.iter().map(|status| status.service.len()).max().unwrap_or_default();
    let versions: Vec<String> = statuses.iter().map(version).collect();
    let version_width = versions.iter().map(String::len).max().unwrap_or_default();
    let line = |(status, version): (&Status, &String)| {
        let line = format!("{:service_width$}  {version:version_width$}  {}", status.service, since(status));
        format!("{}\n", line.trim_end())
    };
    statuses.iter().zip(&versions).map(line).collect()
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
        };
        let statuses = [
            status("api", Some("v1.10.0"), Some(false), 3),
            status("worker", Some("v1.0.0"), Some(true), 0),
            status("cli", None, None, 0),
        ];
        let expected =
            "api     v1.10.0  3 commits since\nworker  v1.0.0   up to date\ncli     -        never released\n";
        assert_eq!(text(&statuses), expected);
    }
}
