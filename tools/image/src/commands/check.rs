//! `image check`: reads the contract, checks, prints findings or what was verified.

use std::fmt::Write as _;

use image::check::{Contract, Finding, Report, Severity, Verified, check};
use indicatif::DecimalBytes;
use terminal::{Exit, Failure, stderr, stdout};

use super::typed_path;
use crate::cli::check::CheckArgs;

/// Runs the verb.
pub fn run(arguments: CheckArgs) -> Result<Exit, Failure> {
    let mut contract = arguments.contract.as_deref().map(Contract::read).transpose()?;
    if let Some(contract) = &mut contract {
        contract.base_layouts.extend(arguments.base);
    }
    let layout = typed_path::layout(&arguments.layout)?;
    let report = check(&layout, contract.as_ref())?;
    if arguments.json {
        stdout::print_json(&report)?;
    } else {
        stdout::print(&text(&report))?;
    }
    if report.is_good() {
        let kept = if contract.is_some() { "keeps its contract" } else { "is sound" };
        stderr::print_line(&format!("`{}` {kept}: {}", layout.display(), summary(&report)));
        return Ok(Exit::Success);
    }
    let found = count(report.errors as u64, "finding", "findings");
    let hint = typed_path::command("inspect", &layout);
    Err(Failure::refused(format!("`{}` has {found}", layout.display())).with_hint(hint))
}

/// What was read before it was found good.
fn summary(report: &Report) -> String {
    let images = count(report.images.len() as u64, "image", "images");
    let warnings = report.findings.len() + report.omitted - report.errors;
    if warnings == 0 {
        return format!("{images}, every digest and every file looked at");
    }
    format!("{images}, every digest and every file looked at, {}", count(warnings as u64, "warning", "warnings"))
}

fn text(report: &Report) -> String {
    let mut text: String = report.findings.iter().map(finding).collect();
    if report.omitted > 0 {
        let _ = writeln!(text, "and {} more findings\n", report.omitted);
    }
    if report.is_good() {
        text.extend(report.images.iter().map(verified));
    }
    text
}

fn finding(finding: &Finding) -> String {
    let Finding { code, severity, message, place, why } = finding;
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!("{severity}[{code}]: {message}\n  where: {place}\n  why:   {why}\n\n")
}

fn verified(image: &Verified) -> String {
    let mut line = format!("{} {}: {}", image.platform, image.digest, count(image.layers as u64, "layer", "layers"));
    if let Some(above) = image.layers_above_base {
        let _ = write!(line, " ({above} above the base)");
    }
    let _ = write!(line, ", {}, {}", count(image.entries, "entry", "entries"), DecimalBytes(image.size));
    if let Some(binary) = &image.binary {
        let machine = binary.machine.as_deref().unwrap_or("unknown");
        let _ = write!(line, "; {} is static {machine}, stripped, {}", binary.path, DecimalBytes(binary.size));
    }
    for (name, value) in [("user", &image.user), ("created", &image.created)] {
        if let Some(value) = value {
            let _ = write!(line, "; {name} {value}");
        }
    }
    line.push('\n');
    line
}

fn count(number: u64, one: &str, several: &str) -> String {
    let noun = if number == 1 { one } else { several };
    format!("{number} {noun}")
}
