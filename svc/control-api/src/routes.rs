//! What the control API answers, a file a noun. Health, version and refusals are `runtime`'s.

mod deployments;
mod leases;

use axum::Router;
use axum::routing::{get, post};
use runtime::{Secret, require_bearer};

use crate::queue::Queue;

/// Every path, for callers with the token.
pub(crate) fn router(queue: Queue, token: &Secret) -> Router {
    let routes = Router::new()
        .route("/v1/deployments", post(deployments::request).get(deployments::list))
        .route("/v1/deployments/{id}", get(deployments::show))
        .route("/v1/leases", post(leases::take))
        .route("/v1/leases/{lease_id}/heartbeat", post(leases::heartbeat))
        .route("/v1/leases/{lease_id}/result", post(leases::end));
    require_bearer(routes, token).with_state(queue)
}

#[cfg(test)]
mod tests;
