//! The release entrypoint of the api service.

use std::process::ExitCode;

fn main() -> ExitCode {
    util::run_service_command!("api", "Run the Unkey API server", api::run)
}
