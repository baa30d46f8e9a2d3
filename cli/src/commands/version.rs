//! `unkey version`: which build this is.

use terminal::{Exit, Failure, stdout};
use unkey::version::BuildInfo;

use super::context::Context;
use crate::cli::Output;

/// Runs the verb.
pub fn run(context: &Context, build: &BuildInfo) -> Result<Exit, Failure> {
    match context.output {
        Output::Json => stdout::print_json(build)?,
        Output::Table => {
            let commit = build.commit.unwrap_or("unknown");
            let time = build.commit_time.map(|time| format!(" of {time}")).unwrap_or_default();
            let lines = [
                format!("unkey {}", build.version),
                format!("commit {commit}{time}"),
                format!("platform {}", build.platform()),
            ];
            stdout::print_lines(lines)?;
        }
    }
    Ok(Exit::Success)
}
