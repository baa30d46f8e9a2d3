//! What can be typed: clap types only. Each verb's file in `commands/` turns its arguments into a validated request.

pub mod check;
pub mod inspect;
pub mod load;
pub mod login;
pub mod logout;
pub mod push;
pub mod services;

use clap::{Parser, Subcommand};

use check::CheckArgs;
use inspect::InspectArgs;
use load::LoadArgs;
use login::LoginArgs;
use logout::LogoutArgs;
use push::PushArgs;

/// Checks, shows, publishes and loads OCI images from layouts on disk.
#[derive(Debug, Parser)]
#[command(name = "image", bin_name = "image", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    Check(CheckArgs),
    Inspect(InspectArgs),
    Load(LoadArgs),
    Login(LoginArgs),
    Logout(LogoutArgs),
    Push(PushArgs),
}
