//! What can be typed: clap types only.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Exit statuses, which scripts rely on.
const AFTER_HELP: &str = "\
Exit status:
  0    done, or nothing to do
  1    refused, or something is behind
  2    could not tell
  130  interrupted; nothing is changed";

/// Knows the services of this repository, writes what names them, and makes new ones.
#[derive(Debug, Parser)]
#[command(name = "services", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// The root of the repository. Default: where the command was typed.
    #[arg(short = 'C', long, value_name = "FOLDER", default_value = ".")]
    pub repository: PathBuf,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    List(ListArgs),
    Generate(GenerateArgs),
    New(NewArgs),
}

/// Prints the services, a line each.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only these; one that does not exist is refused.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

/// Writes everything that names services, where it is behind.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// Write nothing: say what is behind, and exit with 1 if anything is.
    #[arg(long)]
    pub check: bool,
}

/// Makes a new service, and everything that names it.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Its name: small letters, digits and `-`, such as `billing-api`.
    #[arg(value_name = "NAME", allow_hyphen_values = true)]
    pub name: String,

    /// What it does, in one line. Default: `The NAME service`.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub description: Option<String>,
}
