//! `POST /v1/keys/verify`: whether a key is valid now.

use axum::Json;
use axum::extract::State;
use runtime::{JsonBody, Refusal};
use serde::Deserialize;

use crate::key_text;
use crate::keys::{Code, Verification};
use crate::routes::Context;

/// The body. It has no `Debug`, which would show the key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Presented {
    key: String,
}

pub(super) async fn verify(
    State(context): State<Context>,
    JsonBody(presented): JsonBody<Presented>,
) -> Result<Json<Verification>, Refusal> {
    let now = context.clock.milliseconds();
    let verification = match key_text::digest(&presented.key) {
        Some(digest) => context.keys.verify(digest, now).await?,
        None => Verification::without_key(Code::Malformed),
    };
    context.verifications.with_label_values(&[verification.code.name()]).inc();
    // Whatever was found: that a revoked key is still in use is worth to know, too.
    if let (Some(reports), Some(id)) = (&context.reports, &verification.id) {
        reports.note(id, now);
    }
    Ok(Json(verification))
}
