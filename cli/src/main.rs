//! The Unkey command line client: parse, run, print what went wrong, exit.

mod cli;
mod commands;

use std::process::ExitCode;

use unkey::version::BuildInfo;

fn main() -> ExitCode {
    let stamps = [option_env!("UNKEY_VERSION"), option_env!("UNKEY_COMMIT"), option_env!("UNKEY_COMMIT_TIME")];
    let [version, commit, commit_time] = stamps;
    let build = BuildInfo::from_stamps(version, commit, commit_time);
    terminal::finish(commands::run(cli::parse(&build), &build))
}
