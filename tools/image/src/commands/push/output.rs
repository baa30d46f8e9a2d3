//! What a push prints: results on stdout, a summary and errors on stderr.

use std::time::Duration;

use indicatif::DecimalBytes;
use registry::{PushReport, TagOutcome};
use serde_json::json;
use terminal::{Failure, Table, stderr, stdout};

use super::Pushed;
use crate::cli::push::PushArgs;

/// Prints all of it.
pub(super) fn print(results: &[Pushed], arguments: &PushArgs) -> Result<(), Failure> {
    let data = print_data(results, arguments.json);
    let reports: Vec<&PushReport> = results.iter().filter_map(|result| result.outcome.as_ref().ok()).collect();
    if !reports.is_empty() {
        stderr::print(&table(&reports, arguments.dry_run).render());
    }
    for result in results {
        if let Err(failure) = &result.outcome {
            failure.clone().context(format!("service `{}`", result.service)).print();
        }
    }
    // What became of each service is told first: the tags are written, whoever can read that on stdout.
    data
}

fn print_data(results: &[Pushed], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return Ok(stdout::print_json(&results.iter().map(entry).collect::<Vec<_>>())?);
    }
    let reports = results.iter().filter_map(|result| result.outcome.as_ref().ok());
    Ok(stdout::print_lines(reports.map(|report| format!("{}@{}", report.repository, report.digest)))?)
}

fn entry(result: &Pushed) -> serde_json::Value {
    match &result.outcome {
        Ok(report) => json!(report),
        Err(failure) => json!({
            "service": result.service,
            "error": failure.to_string(),
            "hint": failure.hint(),
            "refused": failure.is_refusal(),
        }),
    }
}

fn table(reports: &[&PushReport], dry_run: bool) -> Table {
    let platforms: Vec<&str> =
        unique(reports.iter().flat_map(|report| &report.platforms).map(|one| one.platform.as_str()));
    let header = ["service", "tag", "digest"].into_iter().chain(platforms.iter().copied());
    let sent = if dry_run { "to send" } else { "sent" };
    let mut table = Table::new(&header.chain([sent, "time"]).collect::<Vec<_>>());
    for report in reports {
        let tags = report.tags.iter().map(|tag| match tag.outcome {
            TagOutcome::Pushed => tag.tag.to_string(),
            other => format!("{} ({})", tag.tag, outcome(other)),
        });
        let size = |platform: &&str| {
            let found = report.platforms.iter().find(|one| one.platform == **platform);
            found.map_or_else(|| "-".to_owned(), |one| DecimalBytes(one.bytes).to_string())
        };
        let mut row = vec![report.service.clone(), tags.collect::<Vec<_>>().join(", "), short(&report.digest)];
        row.extend(platforms.iter().map(size));
        row.extend([bytes(report, dry_run), format!("{:.1} s", duration(report).as_secs_f32())]);
        table.push(row);
    }
    table
}

/// How many bytes went or would go.
fn bytes(report: &PushReport, dry_run: bool) -> String {
    DecimalBytes(if dry_run { report.bytes_missing } else { report.bytes_sent }).to_string()
}

fn outcome(outcome: TagOutcome) -> &'static str {
    match outcome {
        TagOutcome::Pushed => "pushed",
        TagOutcome::Unchanged => "unchanged",
        TagOutcome::WouldPush => "would be pushed",
    }
}

fn duration(report: &PushReport) -> Duration {
    Duration::from_millis(report.milliseconds)
}

/// `sha256:` and the first 12 digits, enough to tell images apart by eye.
fn short(digest: &str) -> String {
    digest.get(.."sha256:".len() + 12).unwrap_or(digest).to_owned()
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use registry::{PlatformSize, TagReport};

    use super::*;

    fn report(service: &str, platforms: &[(&str, u64)], outcome: TagOutcome) -> PushReport {
        let digest = format!("sha256:{}", "a".repeat(64));
        let size = |(platform, bytes): &(&str, u64)| PlatformSize {
            platform: (*platform).to_owned(),
            digest: digest.clone(),
            bytes: *bytes,
        };
        PushReport {
            service: service.to_owned(),
            repository: format!("ghcr.io/unkeyed/{service}").parse().unwrap(),
            digest: digest.clone(),
            tags: vec![TagReport { tag: "v1.0.0".parse().unwrap(), outcome }],
            platforms: platforms.iter().map(size).collect(),
            blobs_sent: 1,
            blobs_mounted: 0,
            blobs_existing: 0,
            bytes_sent: 4_000_000,
            bytes_missing: 5_000_000,
            requests: 9,
            milliseconds: 1_234,
        }
    }

    #[test]
    fn the_table_has_a_column_for_every_platform() {
        let api = report("api", &[("linux/amd64", 2_000_000), ("linux/arm64", 1_900_000)], TagOutcome::Pushed);
        let vault = report("vault", &[("linux/amd64", 900)], TagOutcome::Unchanged);
        assert_eq!(
            table(&[&api, &vault], false).render(),
            "service  tag                 digest               linux/amd64  linux/arm64  sent     time\n\
             api      v1.0.0              sha256:aaaaaaaaaaaa  2.00 MB      1.90 MB      4.00 MB  1.2 s\n\
             vault    v1.0.0 (unchanged)  sha256:aaaaaaaaaaaa  900 B        -            4.00 MB  1.2 s\n"
        );
    }

    #[test]
    fn a_dry_run_speaks_of_what_is_missing() {
        let api = report("api", &[], TagOutcome::WouldPush);
        assert_eq!(
            table(&[&api], true).render(),
            "service  tag                       digest               to send  time\n\
             api      v1.0.0 (would be pushed)  sha256:aaaaaaaaaaaa  5.00 MB  1.2 s\n"
        );
    }
}
