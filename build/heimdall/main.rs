//! The release entrypoint of the heimdall service.

use std::process::ExitCode;

fn main() -> ExitCode {
    util::run_service_command!("heimdall", "Count usage and serve totals", heimdall::run)
}
