//! What is measured, a module a section.

mod actions;
mod builds;
mod compress;
mod development;
mod docker_build;
mod history;
mod load;
mod push;
mod scale;
mod throughput;
mod tool;

use std::cell::LazyCell;
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};

use clap::ValueEnum as _;
use serde::Serialize;

use crate::cli::{Cli, SectionName};
use crate::figure::Figure;
use crate::images::Images;
use crate::row::Row;

/// A section that was measured.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// What stands above its table.
    pub title: &'static str,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Why there are none.
    pub failure: Option<String>,
}

/// What every section needs.
#[derive(Debug)]
struct Bench {
    /// Prepared by the first section that asks for them.
    images: LazyCell<Images>,
    runs: NonZero<usize>,
}

/// Measures what was asked for.
pub fn measure(cli: &Cli) -> Vec<Measured> {
    let bench = Bench { images: LazyCell::new(Images::prepare), runs: cli.runs };
    let names = SectionName::value_variants().iter().filter(|name| cli.only.is_empty() || cli.only.contains(name));
    let mut measured: Vec<_> = names.map(|name| section(*name, &bench)).collect();
    measured.extend(cli.cold.map(cold));
    measured
}

/// A part that is missing ends its section, not the others.
fn section(name: SectionName, bench: &Bench) -> Measured {
    let (title, rows): (_, fn(&Bench) -> Vec<Row>) = match name {
        SectionName::Actions => ("Actions, from Bazel's profile", actions::rows),
        SectionName::Builds => ("`bazel build`", builds::rows),
        SectionName::Push => ("Push to a registry on this machine", push::rows),
        SectionName::Load => ("Load into Docker", load::rows),
        SectionName::Development => ("From an edit to a service that runs", development::rows),
        SectionName::Compress => ("Compression of a layer", compress::rows),
        SectionName::Tool => ("The tool's processes, without Bazel", tool::rows),
        SectionName::Throughput => ("A service under load", throughput::rows),
        SectionName::History => ("The release tool on 1,000,000 commits and 10,000 tags", history::rows),
        SectionName::Scale => ("Analysis of many services", scale::rows),
    };
    match panic::catch_unwind(AssertUnwindSafe(|| rows(bench))) {
        Ok(rows) => Measured { title, rows, failure: None },
        Err(payload) => Measured { title, rows: Vec::new(), failure: Some(message(payload.as_ref())) },
    }
}

/// The first line of a panic's message; all of it has gone to stderr.
fn message(payload: &dyn std::any::Any) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref().copied());
    text.and_then(|text| text.lines().next()).unwrap_or("it ended without a message").to_owned()
}

fn cold(seconds: f64) -> Measured {
    let row = Row::new("`make push` in a fresh clone with empty caches", Figure::times(&[seconds * 1e3]));
    Measured { title: "Cold", rows: vec![row], failure: None }
}
