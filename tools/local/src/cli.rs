//! What can be typed.

use clap::{Parser, Subcommand};

/// Runs all services on this machine in containers of their images.
#[derive(Debug, Parser)]
#[command(
    name = "local",
    max_term_width = 100,
    after_help = "Exit status: 0 done, 1 a service does not do what it should, 2 could not tell"
)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Command {
    /// Find out whether the services could be started: Docker, compose, free ports
    Check,
    /// Start the services, wait until they are healthy, and try what they do together
    Up,
    /// Stop the services and remove their containers and their network
    Down {
        /// Also remove what they have stored
        #[arg(long)]
        volumes: bool,
    },
    /// Try what the running services do together
    Smoke,
}
