//! `unkey auth`: what can be typed.

use clap::{Args, Subcommand};

const LOGIN_AFTER_HELP: &str = "\
Examples:
  unkey auth login
  printf %s \"$KEY\" | unkey auth login --api-url https://unkey.example --control-url https://control.unkey.example

The addresses are kept with the key, which is sent to no other. Where none are given, those of the last login stay.";

const STATUS_AFTER_HELP: &str = "\
Examples:
  unkey auth status
  unkey auth status --output json

Exit status: 0 where each server takes the key, 1 where one does not or there is none, 2 where one cannot be asked.";

/// Logs in and out, and shows how one is logged in.
#[derive(Debug, Subcommand)]
pub enum AuthCommand {
    Login(LoginArgs),
    Logout(LogoutArgs),
    Status(StatusArgs),
}

/// Stores a key in a file that only you can read, once the servers have taken it.
///
/// It is asked for at a terminal and read from stdin elsewhere: a command line is not secret.
#[derive(Debug, Args)]
#[command(after_help = LOGIN_AFTER_HELP)]
pub struct LoginArgs {
    /// Store it without asking a server.
    #[arg(long)]
    pub no_check: bool,
}

/// Removes the stored key and its addresses from this machine. The key itself stays valid.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  unkey auth logout")]
pub struct LogoutArgs {}

/// Shows which servers are asked, where the key for each is from, and whether they take it.
#[derive(Debug, Args)]
#[command(after_help = STATUS_AFTER_HELP)]
pub struct StatusArgs {}
