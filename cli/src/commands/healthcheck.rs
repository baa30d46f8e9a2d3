//! `unkey healthcheck`: asks once, says what came.

use serde_json::json;
use terminal::{Exit, Failure, stdout};
use unkey::http;

use super::context::Context;
use crate::cli::Output;
use crate::cli::healthcheck::HealthcheckArgs;

/// Runs the verb.
pub fn run(context: &Context, arguments: &HealthcheckArgs) -> Result<Exit, Failure> {
    let url = &arguments.url;
    let status = http::health(url, &context.options)?;
    let is_healthy = (200..300).contains(&status);
    match context.output {
        Output::Json => stdout::print_json(&json!({"url": url, "status": status, "healthy": is_healthy}))?,
        Output::Table => {
            let word = if is_healthy { "healthy" } else { "not healthy" };
            stdout::print(&format!("{word} ({status})\n"))?;
        }
    }
    Ok(if is_healthy { Exit::Success } else { Exit::Refused })
}
