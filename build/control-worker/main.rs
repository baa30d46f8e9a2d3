//! The release entrypoint of the control-worker service.

use std::process::ExitCode;

fn main() -> ExitCode {
    util::run_service_command!("control-worker", "Carry out deployment requests", control_worker::run)
}
