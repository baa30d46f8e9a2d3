//! What the API answers, a file a path. Health, version and refusals are `runtime`'s.

mod about;
mod keys;
mod verify;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};
use runtime::{Clock, IntCounterVec, Metrics, Secret};

use crate::config::Config;
use crate::keys::Keys;
use crate::usage::Reports;

/// What a route may use.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    clock: Arc<dyn Clock>,
    config: Arc<Config>,
    keys: Keys,
    /// Absent where no heimdall is configured.
    reports: Option<Reports>,
    verifications: IntCounterVec,
}

impl Context {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        metrics: &Metrics,
        config: Config,
        keys: Keys,
        reports: Option<Reports>,
    ) -> Self {
        let help = "Verifications of keys, by what was found.";
        let verifications = metrics.counters("key_verifications_total", help, &["code"]);
        Self { clock, config: Arc::new(config), keys, reports, verifications }
    }
}

/// Every path of the API; those under `/v1` are for those who have the token.
pub(crate) fn router(context: Context, token: &Secret) -> Router {
    let guarded = Router::new()
        .route("/v1/keys", post(keys::issue).get(keys::list))
        .route("/v1/keys/{id}", delete(keys::revoke))
        .route("/v1/keys/verify", post(verify::verify));
    runtime::require_bearer(guarded, token).route("/", get(about::about)).with_state(context)
}

#[cfg(test)]
mod tests;
