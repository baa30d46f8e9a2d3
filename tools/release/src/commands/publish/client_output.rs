//! What a publish of the client prints: its address or its folder on stdout, a table and an error on stderr.

use release::client::{ClientReport, DistState, PackageState};
use release::publish::{ReleaseState, Step};
use serde_json::json;
use terminal::{Failure, Table, stderr, stdout};

use super::output::{print_error, step, word};

/// Prints all of it.
pub(super) fn print(report: &ClientReport, as_json: bool) -> Result<(), Failure> {
    if as_json {
        stdout::print_json(&json!({
            "tag": report.tag,
            "commit": report.commit,
            "archives": step(&report.dist, |dist: &DistState| json!({
                "outcome": dist.word,
                "folder": dist.folder.to_string_lossy(),
            })),
            "packages": step(&report.packages, |packages: &Vec<PackageState>| {
                packages.iter().map(|package| json!({"package": package.id, "outcome": package.word})).collect()
            }),
            "release": step(&report.release, |release: &ReleaseState| json!({
                "outcome": release.word,
                "url": release.url,
            })),
        }))?;
    } else {
        stdout::print_lines(result(report))?;
    }
    stderr::print(&table(report).render());
    if let Some(error) = report.error() {
        print_error(&report.tag, error);
    }
    Ok(())
}

/// Where people find it, or where it was built.
fn result(report: &ClientReport) -> Option<String> {
    match (&report.release, &report.dist) {
        (Step::Done(ReleaseState { url: Some(url), .. }), _) => Some(url.clone()),
        (Step::NotReached, Step::Done(dist)) if report.error().is_none() => {
            Some(dist.folder.to_string_lossy().into_owned())
        }
        _ => None,
    }
}

fn table(report: &ClientReport) -> Table {
    let mut table = Table::new(&[report.tag.to_string().as_str(), "outcome"]);
    table.push(vec!["archives".to_owned(), word(&report.dist, |dist| dist.word)]);
    match &report.packages {
        Step::Done(packages) => {
            for package in packages {
                table.push(vec![package.id.clone(), package.word.to_owned()]);
            }
        }
        other => table.push(vec!["npm".to_owned(), word(other, |_| "")]),
    }
    table.push(vec![
        "GitHub release".to_owned(),
        word(&report.release, |release| release.url.as_deref().unwrap_or(release.word)),
    ]);
    table
}
