//! What can be typed: clap types only. Each verb's file in `commands/` turns its arguments into a validated request.

pub mod check;
pub mod closure;
pub mod cut;
pub mod doctor;
pub mod notes;
pub mod plan;
pub mod publish;
pub mod status;
pub mod verify;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use check::CheckArgs;
use closure::ClosureArgs;
use cut::CutArgs;
use doctor::DoctorArgs;
use notes::NotesArgs;
use plan::PlanArgs;
use publish::PublishArgs;
use status::StatusArgs;
use verify::VerifyArgs;

/// Releases services: plans and cuts tags, publishes their images, verifies them, and tells where everything stands.
#[derive(Debug, Parser)]
#[command(name = "release", version, max_term_width = 100)]
pub struct Cli {
    /// The repository, or a folder in it. Default: where the command was typed.
    #[arg(short = 'C', long, value_name = "FOLDER")]
    pub repository: Option<PathBuf>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    Check(CheckArgs),
    Plan(PlanArgs),
    Cut(CutArgs),
    Publish(PublishArgs),
    Notes(NotesArgs),
    Status(StatusArgs),
    Verify(VerifyArgs),
    Doctor(DoctorArgs),
    Closure(ClosureArgs),
}
