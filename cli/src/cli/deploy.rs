//! `unkey deploy`: what can be typed.

use std::time::Duration;

use clap::Args;
use unkey::expiry;
use unkey::id::Id;

const AFTER_HELP: &str = "\
Examples:
  unkey deploy shop.example --upstream 10.0.0.7:8080
  unkey deploy shop.example --upstream 10.0.0.7:8080 --upstream 10.0.0.8:8080 --replicas 4 --timeout 2m
  unkey deploy shop.example --upstream 10.0.0.7:8080 --no-wait --output json
  unkey deploy --follow 2f1c8f0e-3f0c-4b4e-9a52-0d6f6a1f9b11

How far it has come goes to stderr, the deployment to stdout. Ctrl-C ends the waiting, not the deployment.

Exit status:
  0    it succeeded; with --no-wait: it is requested
  1    it failed, or was refused
  2    that could not be found out in time
  130  interrupted";

/// Requests a deployment and waits until it has ended.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DeployArgs {
    /// The host name that visitors use.
    #[arg(required_unless_present = "follow")]
    pub host: Option<String>,

    /// Where it is served. Several are tried in this order.
    #[arg(long = "upstream", value_name = "HOST:PORT", required_unless_present = "follow")]
    pub upstreams: Vec<String>,

    /// How many copies are to run.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub replicas: u32,

    /// The name of this request: one with the same name is the same deployment. [default: a new one]
    #[arg(long, value_name = "TEXT")]
    pub idempotency_key: Option<String>,

    /// Wait for a deployment that was requested before.
    #[arg(long, value_name = "ID", conflicts_with_all = ["host", "upstreams", "replicas", "idempotency_key", "no_wait"])]
    pub follow: Option<Id>,

    /// Do not wait for the end.
    #[arg(long)]
    pub no_wait: bool,

    /// How long to wait for the end.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = expiry::duration, conflicts_with = "no_wait")]
    pub timeout: Duration,
}
