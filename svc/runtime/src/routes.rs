//! The paths that every service answers: its health, its version, its metrics, and a refusal for what does not exist.
//! Liveness is true while the process answers at all; readiness is `health`'s.

use std::env::consts;

use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde::Serialize;

use crate::health::{Health, State};
use crate::refusal::Refusal;
use crate::service::Service;
use crate::{limits, metrics};

/// The answer of `/version`.
#[derive(Clone, Debug, Serialize)]
struct VersionDocument {
    service: &'static str,
    version: &'static str,
    /// Null in an unstamped build.
    commit: Option<&'static str>,
    /// Null in an unstamped build.
    commit_time: Option<&'static str>,
    architecture: &'static str,
    instance_id: String,
}

/// The answer of `/health/live` and `/health/ready`.
#[derive(Debug, Serialize)]
struct Status {
    status: &'static str,
    /// The dependencies that do not answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting_for: Vec<&'static str>,
}

/// The service's routes with the shared ones beside them, within the service's limits.
///
/// # Panics
///
/// When the service's routes hold one of the shared paths.
pub(crate) fn router(service: &Service, routes: Router) -> Router {
    let version = VersionDocument {
        service: service.identity.name,
        version: service.identity.build.version,
        commit: service.identity.build.commit,
        commit_time: service.identity.build.commit_time,
        architecture: architecture(consts::ARCH),
        instance_id: service.instance_id.to_string(),
    };
    let shared = Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .with_state(service.health.clone())
        .route("/version", get(async move || Json(version.clone())))
        .route("/metrics", get(metrics::show).with_state(service.metrics.clone()));
    let limits = service.settings.limits;
    routes
        .merge(shared)
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(middleware::from_fn_with_state(limits.request, limits::limit_time))
        .layer(middleware::from_fn_with_state(service.metrics.clone(), metrics::count))
}

async fn live() -> Json<Status> {
    Json(Status { status: "live", waiting_for: Vec::new() })
}

async fn ready(Shared(health): Shared<Health>) -> Response {
    let state = health.state();
    let (status, waiting_for) = match state {
        State::Ready => (StatusCode::OK, Vec::new()),
        State::Waiting => (StatusCode::SERVICE_UNAVAILABLE, health.waiting_for()),
        State::Starting | State::Draining => (StatusCode::SERVICE_UNAVAILABLE, Vec::new()),
    };
    (status, Json(Status { status: state.name(), waiting_for })).into_response()
}

async fn not_found(uri: Uri) -> Refusal {
    Refusal::not_found(format!("nothing is at `{}`", uri.path()))
}

async fn method_not_allowed(method: Method, uri: Uri) -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` does not take `{method}`", uri.path()))
}

/// The architecture by the name that OCI images and Go use; names without a translation are the same in both.
fn architecture(rust: &'static str) -> &'static str {
    match rust {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::body::{self, Body};
    use axum::http::{Request, header};
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use crate::service::tests::service;

    /// The status and the body, which is JSON or nothing.
    async fn ask(router: Router, method: &str, path: &str) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("an answer");
        let status = response.status();
        let kind = response.headers().get(header::CONTENT_TYPE).cloned().expect("a content type");
        let expected = if status.is_client_error() { "application/problem+json" } else { "application/json" };
        assert_eq!(kind, expected);
        let bytes = body::to_bytes(response.into_body(), 65536).await.expect("a body");
        let value = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        (status.as_u16(), value)
    }

    #[tokio::test]
    async fn readiness_follows_the_health() {
        let service = service();
        let hold = service.health.hold();
        let router = router(&service, Router::new());
        let ready = || ask(router.clone(), "GET", "/health/ready");
        assert_eq!(ready().await, (503, json!({"status": "starting"})));
        service.listening.release();
        hold.release();
        assert_eq!(ready().await, (200, json!({"status": "ready"})));
        let krane = service.health.dependency("krane");
        assert_eq!(ready().await, (503, json!({"status": "waiting", "waiting_for": ["krane"]})));
        krane.answers(true);
        assert_eq!(ready().await, (200, json!({"status": "ready"})));
        service.health.drain();
        assert_eq!(ready().await, (503, json!({"status": "draining"})));
        assert_eq!(ask(router, "GET", "/health/live").await, (200, json!({"status": "live"})));
    }

    #[tokio::test]
    async fn the_version_names_build_machine_and_instance() {
        let router = router(&service(), Router::new());
        let (status, version) = ask(router, "GET", "/version").await;
        assert_eq!(status, 200);
        let keys: Vec<&String> = version.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["service", "version", "commit", "commit_time", "architecture", "instance_id"]);
        assert_eq!(version["service"], "test");
        assert_eq!(version["instance_id"], "here");
        assert_eq!(version["architecture"], architecture(consts::ARCH));
    }

    #[tokio::test]
    async fn a_head_has_the_status_and_no_body() {
        let router = router(&service(), Router::new());
        assert_eq!(ask(router.clone(), "HEAD", "/health/live").await, (200, Value::Null));
        assert_eq!(ask(router, "HEAD", "/health/ready").await, (503, Value::Null));
    }

    #[tokio::test]
    async fn what_does_not_exist_is_refused_in_json() {
        let router = router(&service(), Router::new().route("/own", get(live)));
        assert_eq!(ask(router.clone(), "GET", "/own").await.0, 200);
        let (_, body) = ask(router.clone(), "GET", "/nope?key=secret").await;
        assert_eq!(body, json!({"title": "Not Found", "status": 404, "detail": "nothing is at `/nope`"}));
        let (status, body) = ask(router, "POST", "/own").await;
        assert_eq!((status, &body["detail"]), (405, &json!("`/own` does not take `POST`")));
    }

    #[tokio::test]
    async fn requests_are_counted_by_their_route() {
        let router = router(&service(), Router::new().route("/own/{name}", get(live)));
        for path in ["/own/a", "/own/b", "/nope"] {
            ask(router.clone(), "GET", path).await;
        }
        let request = Request::get("/metrics").body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("an answer");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; version=0.0.4");
        let bytes = body::to_bytes(response.into_body(), 65536).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        for line in [
            r#"http_requests_total{method="GET",path="/own/{name}",status="200"} 2"#,
            r#"http_requests_total{method="GET",path="other",status="404"} 1"#,
            r#"http_request_duration_seconds_count{method="GET",path="/own/{name}"} 2"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }

    #[test]
    fn architectures_have_their_oci_names() {
        for (rust, oci) in [("x86_64", "amd64"), ("aarch64", "arm64"), ("riscv64", "riscv64")] {
            assert_eq!(architecture(rust), oci);
        }
    }
}
