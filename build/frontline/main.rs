//! The release entrypoint of the frontline service.

use std::process::ExitCode;

fn main() -> ExitCode {
    util::run_service_command!("frontline", "Route requests to deployments by host name", frontline::run)
}
