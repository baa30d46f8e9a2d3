//! What the API answers, a file a path. Health, version and refusals are `runtime`'s.

mod about;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use runtime::Clock;

use crate::config::Config;

/// What a route may use.
#[derive(Clone, Debug)]
struct Context {
    clock: Arc<dyn Clock>,
    config: Arc<Config>,
}

/// Every path of the API.
pub(crate) fn router(clock: &Arc<dyn Clock>, config: Config) -> Router {
    let context = Context { clock: clock.clone(), config: Arc::new(config) };
    Router::new().route("/", get(about::about)).with_state(context)
}
