//! `unkey healthcheck`: what can be typed.

use clap::Args;

const AFTER_HELP: &str = "\
Examples:
  unkey healthcheck http://127.0.0.1:7070
  unkey healthcheck https://api.unkey.com/health/live --request-timeout 2s

Exit status: 0 for an answer of 200 to 299, 1 for another, 2 where none comes.";

/// Asks a service whether it is ready. Sends no key.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct HealthcheckArgs {
    /// The service; without a path it is asked for /health/ready.
    pub url: String,
}
