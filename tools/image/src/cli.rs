//! What can be typed: clap types only. Each verb's file in `commands/` turns its arguments into a validated request.

pub mod assemble;
pub mod check;
pub mod compress;
pub mod index;
pub mod inspect;
pub mod layout_output;
pub mod load;
pub mod login;
pub mod logout;
pub mod push;
pub mod services;
pub mod stamp;

use clap::{Parser, Subcommand};

use assemble::AssembleArgs;
use check::CheckArgs;
use compress::CompressArgs;
use index::IndexArgs;
use inspect::InspectArgs;
use load::LoadArgs;
use login::LoginArgs;
use logout::LogoutArgs;
use push::PushArgs;
use stamp::StampArgs;

/// Assembles, checks, publishes and loads OCI images from layouts on disk, without a daemon.
#[derive(Debug, Parser)]
#[command(name = "image", bin_name = "image", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one value a process")]
pub enum Command {
    Assemble(AssembleArgs),
    Check(CheckArgs),
    Compress(CompressArgs),
    Index(IndexArgs),
    Inspect(InspectArgs),
    Load(LoadArgs),
    Login(LoginArgs),
    Logout(LogoutArgs),
    Push(PushArgs),
    Stamp(StampArgs),
}
