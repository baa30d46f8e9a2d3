//! What can be typed: clap types only. Each verb's file in `commands/` turns its arguments into a validated request.

pub mod auth;
pub mod completion;
pub mod deploy;
pub mod documents;
pub mod healthcheck;
pub mod keys;

use std::time::Duration;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use unkey::expiry;
use unkey::id::KEY_PREFIX;
use unkey::version::BuildInfo;

use auth::AuthCommand;
use completion::CompletionArgs;
use deploy::DeployArgs;
use documents::DocumentsArgs;
use healthcheck::HealthcheckArgs;
use keys::ApiCommand;

/// Under which options of every verb stand.
const GLOBAL: &str = "Options of every command";

/// The verbs that ask for a key, as their usage has them.
const KEY_VERBS: [&str; 2] = ["unkey auth login", "unkey api keys verify"];

/// What scripts and administrators need to know; the variables' constants are in the library's `environment`.
const AFTER_HELP: &str = "\
Examples:
  unkey auth login                                   asks for the key, and keeps it
  unkey api keys create --name 'Billing' --expires 30d
  unkey deploy shop.example --upstream 10.0.0.7:8080 --control-url https://control.example

Exit status:
  0    done
  1    refused, or not as it should be: a key that is not valid, a deployment that failed
  2    could not tell: bad arguments, a server that does not answer
  130  interrupted

Environment:
  UNKEY_ROOT_KEY     the key that is sent, in place of the stored one
  UNKEY_API_URL      where the API is, in place of the stored address [else: https://api.unkey.com]
  UNKEY_CONTROL_URL  where the control API is, in place of the stored address
  HTTPS_PROXY        the proxy; ALL_PROXY where it is not set; NO_PROXY: who is reached without it
  SSL_CERT_FILE      PEM file with certificate authorities that are trusted, too
  NO_COLOR           whatever it says, nothing is coloured";

/// Manages API keys and deployments of Unkey.
#[derive(Debug, Parser)]
#[command(name = "unkey", bin_name = "unkey", max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every verb takes.
#[derive(Clone, Debug, Args)]
pub struct Globals {
    /// How data is printed on stdout.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t, help_heading = GLOBAL)]
    pub output: Output,

    /// Where the API is, in place of `UNKEY_API_URL`.
    #[arg(long, global = true, value_name = "URL", help_heading = GLOBAL)]
    pub api_url: Option<String>,

    /// Where the control API is, which takes deployments, in place of `UNKEY_CONTROL_URL`.
    #[arg(long, global = true, value_name = "URL", help_heading = GLOBAL)]
    pub control_url: Option<String>,

    /// How long one request may take.
    #[arg(long, global = true, value_name = "TIME", default_value = "30s", value_parser = expiry::duration,
          help_heading = GLOBAL)]
    pub request_timeout: Duration,
}

/// The forms of data on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    // For people, and for programs. No docstrings: help would give each a line.
    #[default]
    Table,
    Json,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(subcommand)]
    Auth(AuthCommand),
    #[command(subcommand)]
    Api(ApiCommand),
    Deploy(DeployArgs),
    Healthcheck(HealthcheckArgs),
    /// Says which build this is.
    Version,
    Completion(CompletionArgs),
    #[command(hide = true)]
    Documents(DocumentsArgs),
}

/// The whole command line, as help, completions and man pages describe it.
pub fn command(build: &BuildInfo) -> clap::Command {
    Cli::command().version(build.version)
}

/// The same without what is not for users: completions show also what is hidden.
pub fn documented(build: &BuildInfo) -> clap::Command {
    let all = command(build);
    let shown = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    clap::Command::new("unkey")
        .bin_name("unkey")
        .version(build.version)
        .about(all.get_about().cloned().unwrap_or_default())
        .after_help(all.get_after_help().cloned().unwrap_or_default())
        .subcommand_required(true)
        .args(all.get_arguments().cloned())
        .subcommands(shown)
}

/// What was typed; what is no command line ends the program, as does `--help`.
pub fn parse(build: &BuildInfo) -> Cli {
    let matches = command(build).try_get_matches().unwrap_or_else(|error| without_key(error).exit());
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// What was typed in the place of nothing may be a key, which logs must not have.
fn without_key(mut error: clap::Error) -> clap::Error {
    let takes_key = error.get(ContextKind::Usage).is_some_and(|usage| {
        let usage = usage.to_string();
        KEY_VERBS.iter().any(|verb| usage.contains(verb))
    });
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand] {
        let Some(ContextValue::String(text)) = error.get(kind) else { continue };
        let is_word = kind == ContextKind::InvalidArg && !text.starts_with(['-', '<', '[']);
        if text.contains(KEY_PREFIX) || (takes_key && is_word) {
            error.insert(kind, ContextValue::String("***".to_owned()));
            let tip = "a key is typed when it is asked for, or read from stdin: on a command line others see it";
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.to_owned().into()]));
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command(&BuildInfo::from_stamps(None, None, None)).debug_assert();
    }
}
