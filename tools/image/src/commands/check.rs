//! `image check`: reads the contract, checks, prints findings or what was verified.

use std::fmt::Write as _;

use image::check::{Contract, Finding, Report, Severity, Verified, check};
use indicatif::HumanBytes;
use terminal::{Exit, stdout};

use crate::cli::check::CheckArgs;

/// Runs the verb.
pub fn run(arguments: CheckArgs) -> anyhow::Result<Exit> {
    let mut contract = arguments.contract.as_deref().map(Contract::read).transpose()?;
    if let Some(contract) = &mut contract {
        contract.base_layouts.extend(arguments.base);
    }
    let report = check(&arguments.layout, contract.as_ref())?;
    if arguments.json {
        stdout::print_json(&report)?;
    } else {
        stdout::print(&text(&report))?;
    }
    if report.is_good() {
        return Ok(Exit::Success);
    }
    eprintln!("error: `{}` has {}", arguments.layout.display(), count(report.errors as u64, "finding", "findings"));
    eprintln!("\nhint: image inspect {}", arguments.layout.display());
    Ok(Exit::Refused)
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
    let _ = write!(line, ", {}, {}", count(image.entries, "entry", "entries"), HumanBytes(image.size));
    if let Some(binary) = &image.binary {
        let machine = binary.machine.as_deref().unwrap_or("unknown");
        let _ = write!(line, "; {} is static {machine}, stripped, {}", binary.path, HumanBytes(binary.size));
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
