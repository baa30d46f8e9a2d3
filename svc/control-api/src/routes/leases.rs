//! `/v1/leases`: how workers take deployments, keep them while they work, and say how it ended.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use runtime::{InstanceId, JsonBody, Refusal};
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::deployment::Outcome;
use crate::queue::{LeaseId, Lost, Queue};

/// The longest detail of a result, in bytes: it is kept with the deployment.
const LONGEST_DETAIL: usize = 1000;

/// Who asks for a deployment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Taker {
    worker: String,
}

/// How long the lease goes on.
#[derive(Debug, Serialize)]
pub(super) struct Extended {
    expires_in_seconds: u64,
}

/// What a worker says at the end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ended {
    outcome: Outcome,
    detail: Option<String>,
}

/// `POST /v1/leases`.
pub(super) async fn take(
    State(queue): State<Queue>,
    JsonBody(Taker { worker }): JsonBody<Taker>,
) -> Result<Response, Refusal> {
    let worker: InstanceId = worker.parse().map_err(|error| Refusal::bad_request(format!("`worker` {error}")))?;
    let Some(lease) = queue.lease().await? else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    info!(deployment = lease.deployment.id, attempt = lease.attempt, %worker, "leased");
    Ok(Json(lease).into_response())
}

/// `POST /v1/leases/{lease_id}/heartbeat`.
pub(super) async fn heartbeat(
    State(queue): State<Queue>,
    lease: Result<Path<String>, PathRejection>,
) -> Result<Json<Extended>, Refusal> {
    let expires_in_seconds = queue.heartbeat(lease_id(&lease?)?).await?.map_err(lost)?;
    Ok(Json(Extended { expires_in_seconds }))
}

/// `POST /v1/leases/{lease_id}/result`.
pub(super) async fn end(
    State(queue): State<Queue>,
    lease: Result<Path<String>, PathRejection>,
    JsonBody(Ended { outcome, detail }): JsonBody<Ended>,
) -> Result<StatusCode, Refusal> {
    let length = detail.as_ref().map_or(0, String::len);
    if length > LONGEST_DETAIL {
        return Err(Refusal::bad_request(format!("`detail` must be at most `{LONGEST_DETAIL}` bytes, not `{length}`")));
    }
    queue.end(lease_id(&lease?)?, outcome, detail).await?.map_err(lost)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A name that no lease ever had is treated as that of a lost one: the worker has to do the same.
fn lease_id(text: &str) -> Result<LeaseId, Refusal> {
    LeaseId::parse(text).ok_or_else(|| lost(Lost))
}

fn lost(_: Lost) -> Refusal {
    Refusal::conflict("the lease is lost: it ran out, or the deployment is finished")
}
