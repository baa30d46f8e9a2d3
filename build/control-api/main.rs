//! The release entrypoint of the control-api service.

use std::process::ExitCode;

fn main() -> ExitCode {
    util::run_service_command!("control-api", "Take deployment requests and hand them to workers", control_api::run)
}
