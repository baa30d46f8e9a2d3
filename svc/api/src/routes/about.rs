//! `GET /`: tells callers which deployment they have reached, and the time there, to see how far their own clock is off.

use std::time::UNIX_EPOCH;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::routes::Context;

/// The answer.
#[derive(Debug, Serialize)]
pub(super) struct About {
    /// Where this instance runs.
    region: String,
    /// The public address of the API.
    url: String,
    /// Milliseconds since 1970-01-01T00:00:00Z; 0 on a machine whose clock is before it.
    time: u128,
}

pub(super) async fn about(State(context): State<Context>) -> Json<About> {
    let since_epoch = context.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Json(About {
        region: context.config.region.to_string(),
        url: format!("https://{}", context.config.domain),
        time: since_epoch.as_millis(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use axum::body::{self, Body};
    use axum::http::Request;
    use runtime::{Clock, TestClock};
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::*;
    use crate::config::Config;
    use crate::routes::router;

    #[tokio::test]
    async fn names_the_deployment_and_its_time() {
        let clock: Arc<dyn Clock> = Arc::new(TestClock::at(UNIX_EPOCH + Duration::from_millis(1_782_900_000_123)));
        let loaded = runtime::parse::<Config>("region = \"local\"\ndomain = \"API.Example\"\n").expect("valid");
        let request = Request::get("/").body(Body::empty()).expect("a request");
        let response = router(&clock, loaded.config).oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), 200);
        let bytes = body::to_bytes(response.into_body(), 65536).await.expect("a body");
        let value: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(value, json!({"region": "local", "url": "https://api.example", "time": 1_782_900_000_123_u64}));
    }
}
