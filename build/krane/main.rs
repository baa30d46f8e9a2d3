//! The release entrypoint of the krane service.

use std::process::ExitCode;

fn main() -> ExitCode {
    util::run_service_command!("krane", "Keep what is to be deployed and serve routes", krane::run)
}
