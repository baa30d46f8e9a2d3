//! `/v1/deployments`: what is asked for, and how far it has come.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use runtime::{JsonBody, Refusal};
use serde::{Deserialize, Serialize};

use crate::deployment::{Deployment, Wanted};
use crate::queue::{Queue, Requested};

/// What tells a request that is sent again from another one: draft-ietf-httpapi-idempotency-key-header.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key, in bytes.
const LONGEST_KEY: usize = 200;

/// How many deployments a list holds unless it is asked for more or fewer.
const DEFAULT_LIMIT: usize = 100;

/// How many it holds at most.
const MOST: usize = 1000;

/// The query of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// The id of the deployment before the first one.
    after: Option<String>,
    limit: Option<usize>,
}

/// One page of a list, oldest first.
#[derive(Debug, Serialize)]
pub(super) struct List {
    deployments: Vec<Deployment>,
    /// What to give as `after` for the next page; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `POST /v1/deployments`.
pub(super) async fn request(
    State(queue): State<Queue>,
    headers: HeaderMap,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<(StatusCode, Json<Deployment>), Refusal> {
    let key = idempotency_key(&headers)?;
    wanted.check().map_err(Refusal::bad_request)?;
    match queue.request(key, wanted).await? {
        Requested::New(deployment) => Ok((StatusCode::ACCEPTED, Json(deployment))),
        Requested::Before(deployment) => Ok((StatusCode::OK, Json(deployment))),
        Requested::KeyTaken => {
            Err(Refusal::conflict("another request had this `idempotency-key`: take a new one for a new request"))
        }
        Requested::Full => {
            let detail = "too many deployments are not finished: ask again later";
            Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, detail))
        }
    }
}

/// `GET /v1/deployments`.
pub(super) async fn list(
    State(queue): State<Queue>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<List>, Refusal> {
    let Query(Page { after, limit }) = page?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(Refusal::bad_request(format!("`limit` must be `1` to `{MOST}`, not `{limit}`")));
    }
    // One more tells whether there is a next page.
    let Some(mut deployments) = queue.list(after.as_deref(), limit + 1)? else {
        return Err(Refusal::bad_request("`after` must be the id of a deployment that is kept: begin without it"));
    };
    let is_last = deployments.len() <= limit;
    deployments.truncate(limit);
    let next = deployments.last().filter(|_| !is_last).map(|deployment| deployment.id.clone());
    Ok(Json(List { deployments, next }))
}

/// `GET /v1/deployments/{id}`.
pub(super) async fn show(
    State(queue): State<Queue>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Deployment>, Refusal> {
    let Path(id) = id?;
    queue.get(&id)?.map(Json).ok_or_else(|| Refusal::not_found(format!("there is no deployment `{id}`")))
}

/// The header, which a caller that sends a request again must be able to repeat exactly.
fn idempotency_key(headers: &HeaderMap) -> Result<String, Refusal> {
    let key = headers.get(IDEMPOTENCY_KEY).map(HeaderValue::as_bytes);
    let is_valid = |key: &[u8]| (1..=LONGEST_KEY).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    let key = key.filter(|key| is_valid(key)).and_then(|key| str::from_utf8(key).ok()).map(str::to_owned);
    key.ok_or_else(|| {
        let expected = format!("1 to {LONGEST_KEY} visible ASCII characters");
        Refusal::bad_request(format!("send `idempotency-key: KEY` with a key of your own for each request, {expected}"))
    })
}
