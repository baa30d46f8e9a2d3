//! `/v1/keys`: issues, lists and revokes keys.

use std::ops::RangeInclusive;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use runtime::{JsonBody, Refusal};
use serde::{Deserialize, Serialize};
use uuid::{NoContext, Timestamp, Uuid};

use crate::key_text;
use crate::keys::{Key, Page};
use crate::routes::Context;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 200;

/// How many uses a key may have: readers that take JSON's numbers as floating point lose digits beyond it.
const USES: RangeInclusive<u64> = 1..=(1 << 53) - 1;

/// The body of `POST /v1/keys`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    name: String,
    expires_at: Option<u64>,
    remaining: Option<u64>,
}

/// The answer of `POST /v1/keys`.
#[derive(Serialize)]
struct Issued {
    id: String,
    /// The only time that it is shown.
    key: String,
}

impl Wanted {
    fn check(&self, now: u64) -> Result<(), String> {
        let is_text = !self.name.trim().is_empty() && !self.name.chars().any(char::is_control);
        if !is_text || self.name.len() > LONGEST_NAME {
            return Err(format!("`name` must be 1 to {LONGEST_NAME} bytes of text in one line"));
        }
        if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err("`expires_at` must be in the future, in milliseconds since 1970-01-01T00:00:00Z".to_owned());
        }
        let remaining = self.remaining.map_or(Ok(1), |remaining| runtime::in_range(remaining, &USES));
        remaining.map_err(|why| format!("`remaining` {why}"))?;
        Ok(())
    }
}

pub(super) async fn issue(
    State(context): State<Context>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<impl IntoResponse, Refusal> {
    let now = context.clock.milliseconds();
    wanted.check(now).map_err(Refusal::bad_request)?;
    let (key, digest) = key_text::generate().map_err(|error| Refusal::internal("make a key", &error))?;
    let (seconds, nanoseconds) = (now / 1000, now % 1000 * 1_000_000);
    let nanoseconds = u32::try_from(nanoseconds).unwrap_or_default();
    let id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanoseconds)).to_string();
    let (expires_at, remaining) = (wanted.expires_at, wanted.remaining);
    let kept = Key { id: id.clone(), name: wanted.name, created_at: now, expires_at, remaining, revoked_at: None };
    context.keys.add(digest, kept).await?;
    let headers = AppendHeaders([(header::CACHE_CONTROL, "no-store")]);
    Ok((StatusCode::CREATED, headers, Json(Issued { id, key: key.expose().to_owned() })))
}

/// The query of `GET /v1/keys`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    after: Option<String>,
}

pub(super) async fn list(
    State(context): State<Context>,
    place: Result<Query<Place>, QueryRejection>,
) -> Result<Json<Page>, Refusal> {
    let Query(place) = place?;
    Ok(Json(context.keys.page(place.after.as_deref())?))
}

pub(super) async fn revoke(
    State(context): State<Context>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    let Path(id) = id?;
    if context.keys.revoke(id.clone(), context.clock.milliseconds()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refusal::not_found(format!("there is no key with the id `{id}`")))
}
