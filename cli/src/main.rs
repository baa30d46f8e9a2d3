//! The Unkey command line client.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::SUCCESS
}
