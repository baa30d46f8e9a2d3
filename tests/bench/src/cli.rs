//! What can be typed.

use std::num::NonZero;

use clap::{Parser, ValueEnum};

/// Measures builds, pushes and loads, beside other tools in the same run.
#[derive(Debug, Parser)]
#[command(name = "bench", max_term_width = 100)]
pub struct Cli {
    /// Runs that count, after one that does not.
    #[arg(long, value_name = "N", default_value = "5")]
    pub runs: NonZero<usize>,

    /// Only this section; all when not given.
    #[arg(long, value_enum, value_name = "SECTION")]
    pub only: Vec<SectionName>,

    /// Print every single measurement as JSON, not a table.
    #[arg(long)]
    pub json: bool,

    /// How long `make push` took from nothing: dev/bench.sh measures it, from outside the root that this runs in.
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub cold: Option<f64>,
}

/// What is measured, in its order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum SectionName {
    /// Action times from Bazel's own profile.
    Actions,
    /// `bazel build` of one image and of seven.
    Builds,
    /// To a registry.
    Push,
    /// Into Docker.
    Load,
    /// From an edit to a service that runs.
    Development,
    /// What a layer's compression costs.
    Compress,
    /// The tool's processes without Bazel.
    Tool,
    /// A service under load, musl beside glibc.
    Throughput,
    /// The release tool on 1,000,000 commits.
    History,
    /// Analysis of 7, 100 and 1000 services.
    Scale,
}
