//! What krane answers below `/v1`. Health, version and refusals are `runtime`'s.

use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use runtime::{Domain, JsonBody, Refusal, Secret, require_bearer};
use serde::Serialize;

use crate::deployment::{Deployment, Drift, Report};
use crate::state::{Full, Named, Route, State, Version};

/// The answer of `GET /v1/deployments`.
#[derive(Serialize)]
struct Deployments {
    deployments: Vec<Named>,
}

/// The answer of `GET /v1/drift`.
#[derive(Serialize)]
struct DriftDocument {
    drift: Vec<Drift>,
}

/// The answer of `GET /v1/routes`.
#[derive(Serialize)]
struct Routes {
    revision: u64,
    routes: Vec<Route>,
}

/// Every path of krane.
pub(crate) fn router(state: State, token: &Secret) -> Router {
    let routes = Router::new()
        .route("/v1/deployments", get(deployments))
        .route("/v1/deployments/{host}", put(deploy).delete(delete))
        .route("/v1/reports/{host}", put(report))
        .route("/v1/drift", get(drift))
        .route("/v1/routes", get(show_routes));
    require_bearer(routes, token).with_state(state)
}

async fn deployments(Shared(state): Shared<State>) -> Result<Json<Deployments>, Refusal> {
    Ok(Json(Deployments { deployments: state.deployments()? }))
}

async fn deploy(
    Shared(state): Shared<State>,
    Path(host): Path<String>,
    JsonBody(deployment): JsonBody<Deployment>,
) -> Result<Json<Named>, Refusal> {
    let host = parse(&host)?;
    deployment.check()?;
    let named = Named { host: host.to_string(), deployment: deployment.clone() };
    state.deploy(host, deployment).await?.map_err(full)?;
    Ok(Json(named))
}

async fn delete(Shared(state): Shared<State>, Path(host): Path<String>) -> Result<StatusCode, Refusal> {
    state.delete(parse(&host)?).await?.map_err(full)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn report(
    Shared(state): Shared<State>,
    Path(host): Path<String>,
    JsonBody(report): JsonBody<Report>,
) -> Result<StatusCode, Refusal> {
    let host = parse(&host)?;
    report.check()?;
    state.report(host, report).await?.map_err(full)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn drift(Shared(state): Shared<State>) -> Result<Json<DriftDocument>, Refusal> {
    Ok(Json(DriftDocument { drift: state.drift()? }))
}

async fn show_routes(Shared(state): Shared<State>, headers: HeaderMap) -> Result<Response, Refusal> {
    let known = etag(state.version()?);
    if headers.get_all(header::IF_NONE_MATCH).iter().any(|value| names(value, &known)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, known)]).into_response());
    }
    let (version, routes) = state.routes()?;
    let document = Routes { revision: version.revision, routes };
    Ok(([(header::ETAG, etag(version))], Json(document)).into_response())
}

fn etag(version: Version) -> String {
    format!("\"{:016x}-{}\"", version.origin, version.revision)
}

/// Whether an `If-None-Match` holds the tag: RFC 9110, section 13.1.2. A weak tag matches the strong one.
fn names(value: &HeaderValue, tag: &str) -> bool {
    let text = value.to_str().unwrap_or_default();
    text.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn parse(host: &str) -> Result<Domain, Refusal> {
    host.parse().map_err(|error| Refusal::bad_request(format!("the host {error}")))
}

fn full(full: Full) -> Refusal {
    Refusal::conflict(full.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::body::{self, Body};
    use axum::http::Request;
    use runtime::Health;
    use serde_json::{Value, json};
    use tempfile::TempDir;
    use tower::ServiceExt as _;

    fn start() -> (TempDir, Router) {
        let folder = tempfile::tempdir().expect("a folder");
        let state = State::open(folder.path(), &Health::default()).expect("opened");
        (folder, router(state, &Secret::new("open sesame".to_owned())))
    }

    async fn send(router: &Router, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, "Bearer open sesame")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = body::to_bytes(response.into_body(), 65536).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn get_routes(router: &Router, tag: &str) -> (u16, String) {
        let request = Request::get("/v1/routes")
            .header(header::AUTHORIZATION, "Bearer open sesame")
            .header(header::IF_NONE_MATCH, tag)
            .body(Body::empty())
            .expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        let tag = response.headers()[header::ETAG].to_str().expect("text").to_owned();
        (response.status().as_u16(), tag)
    }

    #[tokio::test]
    async fn a_deployment_becomes_a_route_and_drift_until_it_is_reported() {
        let (_folder, router) = start();
        let deployment = json!({"deployment": "d", "upstreams": ["B:1", "a:1"], "replicas": 2});
        let kept = json!({"host": "a.test", "deployment": "d", "upstreams": ["b:1", "a:1"], "replicas": 2});
        for path in ["/v1/deployments/A.test", "/v1/deployments/a.test."] {
            assert_eq!(send(&router, "PUT", path, &deployment).await, (200, kept.clone()));
        }
        let (_, all) = send(&router, "GET", "/v1/deployments", &Value::Null).await;
        assert_eq!(all, json!({"deployments": [kept]}));
        let (_, drift) = send(&router, "GET", "/v1/drift", &Value::Null).await;
        let expected = json!({"host": "a.test", "missing": ["b:1", "a:1"], "unexpected": [],
            "replicas_wanted": 2, "replicas_running": 0});
        assert_eq!(drift, json!({"drift": [expected]}));
        let running = json!({"running": ["a:1", "b:1"]});
        assert_eq!(send(&router, "PUT", "/v1/reports/a.test", &running).await.0, 204);
        assert_eq!(send(&router, "GET", "/v1/drift", &Value::Null).await.1, json!({"drift": []}));
        let (_, shown) = send(&router, "GET", "/v1/routes", &Value::Null).await;
        assert_eq!(shown, json!({"revision": 1, "routes": [{"host": "a.test", "upstreams": ["b:1", "a:1"]}]}));
        for _ in 0..2 {
            assert_eq!(send(&router, "DELETE", "/v1/deployments/a.test", &Value::Null).await.0, 204);
        }
        let (_, shown) = send(&router, "GET", "/v1/routes", &Value::Null).await;
        assert_eq!(shown, json!({"revision": 2, "routes": []}));
        let (_, drift) = send(&router, "GET", "/v1/drift", &Value::Null).await;
        assert_eq!(drift["drift"][0]["unexpected"], json!(["a:1", "b:1"]));
    }

    #[tokio::test]
    async fn routes_that_did_not_change_are_not_sent_again() {
        let (_folder, router) = start();
        let (status, first) = get_routes(&router, "\"\"").await;
        assert_eq!(status, 200);
        for same in [first.clone(), format!("\"other\", W/{first}"), "*".to_owned()] {
            assert_eq!(get_routes(&router, &same).await, (304, first.clone()), "{same}");
        }
        let deployment = json!({"deployment": "d", "upstreams": ["a:1"], "replicas": 1});
        send(&router, "PUT", "/v1/deployments/a.test", &deployment).await;
        let (status, second) = get_routes(&router, &first).await;
        assert_eq!(status, 200);
        assert_ne!(second, first);
    }

    #[tokio::test]
    async fn bad_input_is_refused_and_says_why() {
        let (_folder, router) = start();
        let deployment = json!({"deployment": "d", "upstreams": ["a:1"], "replicas": 1});
        for host in ["a_b", "-a", "a%2Fb", "a..b", "%20", "a:80"] {
            let (status, body) = send(&router, "PUT", &format!("/v1/deployments/{host}"), &deployment).await;
            assert_eq!(status, 400, "{host}");
            assert!(body["detail"].as_str().expect("text").starts_with("the host must be a domain"), "{body}");
        }
        for (body, part) in [
            (json!({"deployment": "d", "upstreams": ["http://a"], "replicas": 1}), "a host and a port"),
            (json!({"deployment": "d", "upstreams": ["a:1", "a:1"], "replicas": 1}), "names `a:1` twice"),
            (json!({"deployment": "d", "upstreams": ["a:1"], "replicas": 0}), "`replicas`"),
            (json!({"deployment": "d", "upstreams": ["a:1"], "replicas": -1}), "invalid value"),
            (json!({"deployment": "d", "upstreams": ["a:1"], "replicas": 1, "more": 1}), "unknown field `more`"),
        ] {
            let (status, answer) = send(&router, "PUT", "/v1/deployments/a.test", &body).await;
            assert_eq!(status, 400, "{body}");
            assert!(answer["detail"].as_str().expect("text").contains(part), "{answer}");
        }
        assert_eq!(send(&router, "PUT", "/v1/reports/a.test", &json!({"running": ["a"]})).await.0, 400);
        let (_, shown) = send(&router, "GET", "/v1/routes", &Value::Null).await;
        assert_eq!(shown, json!({"revision": 0, "routes": []}));
    }

    #[tokio::test]
    async fn nothing_is_said_without_the_token() {
        let (_folder, router) = start();
        for path in ["/v1/deployments", "/v1/drift", "/v1/routes"] {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            assert_eq!(router.clone().oneshot(request).await.expect("an answer").status(), 401, "{path}");
        }
    }
}
