//! What the {{ name }} service answers. Health, version and refusals are `runtime`'s.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::config::Config;

/// The answer to `GET /`: which deployment this is.
#[derive(Debug, Serialize)]
struct About {
    /// Where this instance runs.
    region: String,
}

/// Every path of the service.
pub(crate) fn router(config: Config) -> Router {
    Router::new().route("/", get(about)).with_state(Arc::new(config))
}

async fn about(State(config): State<Arc<Config>>) -> Json<About> {
    Json(About { region: config.region.to_string() })
}

#[cfg(test)]
mod tests {
    use axum::body::{self, Body};
    use axum::http::Request;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn names_the_deployment() {
        let loaded = runtime::parse::<Config>("region = \"local\"\n").expect("valid");
        let request = Request::get("/").body(Body::empty()).expect("a request");
        let response = router(loaded.config).oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), 200);
        let bytes = body::to_bytes(response.into_body(), 65536).await.expect("a body");
        assert_eq!(serde_json::from_slice::<Value>(&bytes).expect("JSON"), json!({"region": "local"}));
    }
}
