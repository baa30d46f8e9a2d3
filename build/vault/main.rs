//! The release entrypoint of the vault service.

use std::process::ExitCode;

fn main() -> ExitCode {
    util::run_service_command!("vault", "Encrypt and decrypt for other services", vault::run)
}
