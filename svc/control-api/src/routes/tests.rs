//! The paths as a caller sees them: statuses, documents, and what is refused.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{self, Body};
use axum::http::{Request, header};
use runtime::{Health, Metrics, Store, SystemClock};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;
use crate::queue::Rules;
use crate::tables;

fn start() -> (TempDir, Router) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path(), "control-api", tables::create, &Health::default()).expect("opened");
    let rules = Rules { lease: Duration::from_mins(1), max_attempts: 5, keep: Duration::from_hours(24) };
    let queue = Queue::new(store, Arc::new(SystemClock), rules, &Metrics::default()).expect("read");
    (folder, router(queue, &Secret::new("open sesame".to_owned())))
}

/// Sends a request with the token; `key` becomes the idempotency key.
async fn send(router: &Router, method: &str, path: &str, key: Option<&str>, body: &Value) -> (u16, Value) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, "Bearer open sesame")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let request = request.body(Body::from(body.to_string())).expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    let status = response.status().as_u16();
    let bytes = body::to_bytes(response.into_body(), 65536).await.expect("a body");
    (status, if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") })
}

async fn get_at(router: &Router, path: &str) -> (u16, Value) {
    send(router, "GET", path, None, &Value::Null).await
}

async fn post_to(router: &Router, path: &str, body: Value) -> (u16, Value) {
    send(router, "POST", path, None, &body).await
}

fn wanted(host: &str) -> Value {
    json!({"host": host, "upstreams": ["app:80"], "replicas": 1})
}

#[tokio::test]
async fn a_deployment_from_its_request_to_its_end() {
    let (_folder, router) = start();
    let (status, deployment) = send(&router, "POST", "/v1/deployments", Some("key"), &wanted("App.Example")).await;
    let id = deployment["id"].as_str().expect("text").to_owned();
    let mut expected = json!({
        "id": id, "host": "app.example", "upstreams": ["app:80"], "replicas": 1, "state": "queued", "attempts": 0,
    });
    assert_eq!((status, &deployment), (202, &expected));
    let again = send(&router, "POST", "/v1/deployments", Some("key"), &wanted("app.example")).await;
    assert_eq!(again, (200, expected.clone()));
    let (status, refusal) = send(&router, "POST", "/v1/deployments", Some("key"), &wanted("other.example")).await;
    assert_eq!((status, &refusal["title"]), (409, &json!("Conflict")));

    let (status, lease) = post_to(&router, "/v1/leases", json!({"worker": "w"})).await;
    let lease_id = lease["lease_id"].as_str().expect("text").to_owned();
    expected["state"] = json!("leased");
    expected["attempts"] = json!(1);
    let leased = json!({"lease_id": lease_id, "expires_in_seconds": 60, "attempt": 1, "deployment": expected});
    assert_eq!((status, lease), (200, leased));
    assert_eq!(post_to(&router, "/v1/leases", json!({"worker": "w"})).await, (204, Value::Null));
    let beat = post_to(&router, &format!("/v1/leases/{lease_id}/heartbeat"), Value::Null).await;
    assert_eq!(beat, (200, json!({"expires_in_seconds": 60})));

    let result = format!("/v1/leases/{lease_id}/result");
    let ended = json!({"outcome": "failed", "detail": "no"});
    assert_eq!(post_to(&router, &result, ended).await, (204, Value::Null));
    expected["state"] = json!("failed");
    expected["detail"] = json!("no");
    assert_eq!(get_at(&router, &format!("/v1/deployments/{id}")).await, (200, expected.clone()));
    assert_eq!(get_at(&router, "/v1/deployments").await, (200, json!({"deployments": [expected]})));
    for path in [result, format!("/v1/leases/{lease_id}/heartbeat"), "/v1/leases/none/result".to_owned()] {
        let (status, refusal) = post_to(&router, &path, json!({"outcome": "succeeded"})).await;
        assert_eq!((status, &refusal["status"]), (409, &json!(409)), "{path}");
    }
}

#[tokio::test]
async fn lists_are_paged_in_the_order_of_the_requests() {
    let (_folder, router) = start();
    let mut hosts = Vec::new();
    for number in 0..5 {
        let host = format!("host-{number}");
        send(&router, "POST", "/v1/deployments", Some(&host), &wanted(&host)).await;
        hosts.push(host);
    }
    let (mut path, mut found, mut sizes) = ("/v1/deployments?limit=2".to_owned(), Vec::new(), Vec::new());
    loop {
        let (status, page) = get_at(&router, &path).await;
        assert_eq!(status, 200);
        let deployments = page["deployments"].as_array().expect("a list");
        sizes.push(deployments.len());
        found.extend(deployments.iter().map(|one| one["host"].as_str().expect("text").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/deployments?limit=2&after={next}");
    }
    assert_eq!((sizes, found), (vec![2, 2, 1], hosts));
}

#[tokio::test]
async fn bad_input_is_refused_and_says_why() {
    let (_folder, router) = start();
    for key in [None, Some(""), Some("a b"), Some("\u{e4}"), Some(&*"k".repeat(201))] {
        let (status, refusal) = send(&router, "POST", "/v1/deployments", key, &wanted("a.example")).await;
        assert_eq!(status, 400, "{key:?}");
        assert!(refusal["detail"].as_str().expect("text").starts_with("send `idempotency-key: KEY`"), "{refusal}");
    }
    let change = |key: &str, value: Value| {
        let mut body = wanted("a.example");
        body[key] = value;
        body
    };
    for (body, part) in [
        (change("host", json!("a..b")), "must be a domain"),
        (change("upstreams", json!(["http://a:80"])), "must be a host and a port"),
        (change("upstreams", json!([])), "`upstreams` must hold"),
        (change("replicas", json!(-1)), "invalid value"),
        (change("replica", json!(1)), "unknown field `replica`"),
    ] {
        let (status, refusal) = send(&router, "POST", "/v1/deployments", Some("key"), &body).await;
        assert_eq!(status, 400, "{body}");
        assert!(refusal["detail"].as_str().expect("text").contains(part), "{refusal}");
    }
    for (path, part) in [
        ("/v1/deployments?limit=0", "`limit` must be"),
        ("/v1/deployments?limit=1001", "`limit` must be"),
        ("/v1/deployments?limit=a", "the query is refused"),
        ("/v1/deployments?page=1", "unknown field `page`"),
        ("/v1/deployments?after=none", "`after` must be"),
        ("/v1/deployments/%ff", "the path is refused"),
    ] {
        let (status, refusal) = get_at(&router, path).await;
        assert_eq!(status, 400, "{path}");
        assert!(refusal["detail"].as_str().expect("text").contains(part), "{refusal}");
    }
    assert_eq!(get_at(&router, "/v1/deployments/none").await.0, 404);
    for (path, body, part) in [
        ("/v1/leases", json!({"worker": ""}), "`worker` must be"),
        ("/v1/leases", json!({}), "missing field `worker`"),
        ("/v1/leases/a.1/result", json!({"outcome": "maybe"}), "unknown variant `maybe`"),
        ("/v1/leases/a.1/result", json!({"outcome": "retry", "detail": "d".repeat(1001)}), "`detail` must be"),
    ] {
        let (status, refusal) = post_to(&router, path, body).await;
        assert_eq!(status, 400, "{path}");
        assert!(refusal["detail"].as_str().expect("text").contains(part), "{refusal}");
    }
    assert_eq!(get_at(&router, "/v1/deployments").await, (200, json!({"deployments": []})));
}

#[tokio::test]
async fn nothing_is_said_without_the_token() {
    let (_folder, router) = start();
    for (method, path) in [
        ("GET", "/v1/deployments"),
        ("POST", "/v1/deployments"),
        ("GET", "/v1/deployments/a"),
        ("POST", "/v1/leases"),
        ("POST", "/v1/leases/a.1/heartbeat"),
        ("POST", "/v1/leases/a.1/result"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        assert_eq!(router.clone().oneshot(request).await.expect("an answer").status(), 401, "{method} {path}");
    }
}
