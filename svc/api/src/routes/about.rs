//! `GET /`: tells callers which deployment they have reached, and the time there, to see how far their own clock is off.

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
    time: u64,
}

pub(super) async fn about(State(context): State<Context>) -> Json<About> {
    Json(About {
        region: context.config.region.to_string(),
        url: format!("https://{}", context.config.domain),
        time: context.clock.milliseconds(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::routes::tests::{Fixture, NOW};

    #[tokio::test]
    async fn names_the_deployment_and_its_time() {
        let fixture = Fixture::with("domain = \"API.Example\"\n");
        let about = json!({"region": "local", "url": "https://api.example", "time": NOW});
        assert_eq!(fixture.get_without_token("/").await, (200, about));
    }
}
