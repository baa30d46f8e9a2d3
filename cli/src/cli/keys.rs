//! `unkey api keys`: what can be typed.

use clap::{Args, Subcommand};
use unkey::id::Id;

const CREATE_AFTER_HELP: &str = "\
Examples:
  unkey api keys create --name 'Billing, staging' --expires 30d --remaining 1000
  unkey api keys create --name ci --expires 2030-01-31 >key.txt

The key goes to stdout, this once: the server keeps no more than its digest. All else goes to stderr.";

const VERIFY_AFTER_HELP: &str = "\
Examples:
  unkey api keys verify
  printf %s \"$KEY\" | unkey api keys verify --output json

It counts as a use. Exit status: 0 where the key is valid, 1 where it is not, 2 where that could not be found out.";

const REVOKE_AFTER_HELP: &str = "\
Examples:
  unkey api keys revoke 0198a6f0-1c9e-7000-8000-000000000000
  unkey api keys revoke 0198a6f0-1c9e-7000-8000-000000000000 --yes";

const LIST_AFTER_HELP: &str = "\
Examples:
  unkey api keys list
  unkey api keys list --output json | jq -r '.[] | select(.revoked_at == null) | .id'";

/// Manages what the API has: keys.
#[derive(Debug, Subcommand)]
pub enum ApiCommand {
    #[command(subcommand)]
    Keys(KeysCommand),
}

/// Makes, verifies, lists and revokes API keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    Create(CreateArgs),
    Verify(VerifyArgs),
    Revoke(RevokeArgs),
    List(ListArgs),
}

/// Makes an API key and prints it.
#[derive(Debug, Args)]
#[command(after_help = CREATE_AFTER_HELP)]
pub struct CreateArgs {
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    pub name: String,

    /// From when on it is not valid: `12h`, `30d`, `8w` from now, a date (midnight UTC), or a time as in RFC 3339. [default:
    /// never]
    #[arg(long, value_name = "TIME")]
    pub expires: Option<String>,

    /// How often it may be used. [default: any number of times]
    #[arg(long, value_name = "USES")]
    pub remaining: Option<u64>,
}

/// Says whether an API key is valid. It is asked for at a terminal and read from stdin elsewhere.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_AFTER_HELP)]
pub struct VerifyArgs {}

/// Ends an API key for good.
#[derive(Debug, Args)]
#[command(after_help = REVOKE_AFTER_HELP)]
pub struct RevokeArgs {
    /// Its id, as `list` and `create` show it. Not the key.
    pub id: Id,

    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}

/// Lists all API keys, the oldest first.
#[derive(Debug, Args)]
#[command(after_help = LIST_AFTER_HELP)]
pub struct ListArgs {}
