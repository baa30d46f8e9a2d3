//! The API as callers see it, without a connection: keys from their issue to their end.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::{self, Body};
use axum::http::{Method, Request, header};
use runtime::{Health, Metrics, TestClock};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::*;
use crate::key_text;

/// 2026-07-01T10:00:00Z.
pub(super) const NOW: u64 = 1_782_900_000_000;

const TOKEN: &str = "open sesame";

/// The API on a store of its own.
pub(super) struct Fixture {
    clock: Arc<TestClock>,
    verifications: IntCounterVec,
    routes: Router,
    folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self::with("")
    }

    /// With further lines of configuration.
    pub(super) fn with(lines: &str) -> Self {
        Self::open(tempfile::tempdir().expect("a folder"), lines)
    }

    fn open(folder: TempDir, lines: &str) -> Self {
        let clock = Arc::new(TestClock::at(UNIX_EPOCH + Duration::from_millis(NOW)));
        let context = context(clock.clone(), folder.path(), lines);
        let verifications = context.verifications.clone();
        Self { clock, verifications, routes: router(context, &Secret::new(TOKEN.to_owned())), folder }
    }

    /// The same store after a stop and another start.
    fn restarted(self) -> Self {
        drop(self.routes);
        Self::open(self.folder, "")
    }

    async fn send(&self, method: Method, path: &str, authorization: Option<&str>, body: String) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let response = self.routes.clone().oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = body::to_bytes(response.into_body(), 16 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        self.send(method, path, Some(&format!("Bearer {TOKEN}")), body.to_string()).await
    }

    pub(super) async fn get_without_token(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, None, String::new()).await
    }

    /// The id and the text of a new key.
    async fn issue(&self, wanted: &Value) -> (String, String) {
        let (status, issued) = self.ask(Method::POST, "/v1/keys", wanted).await;
        assert_eq!(status, 201, "{issued}");
        let text = |name: &str| issued[name].as_str().expect("text").to_owned();
        (text("id"), text("key"))
    }

    async fn verify(&self, key: &str) -> Value {
        let (status, verification) = self.ask(Method::POST, "/v1/keys/verify", &json!({"key": key})).await;
        assert_eq!(status, 200, "{verification}");
        verification
    }

    async fn list(&self, query: &str) -> Value {
        let (status, page) = self.ask(Method::GET, &format!("/v1/keys{query}"), &Value::Null).await;
        assert_eq!(status, 200, "{page}");
        page
    }
}

fn context(clock: Arc<TestClock>, folder: &Path, lines: &str) -> Context {
    let text = format!(
        "region = \"local\"\ntoken = {{ env = \"PATH\" }}\nstore = \"{}\"\n{lines}",
        folder.join("state").display()
    );
    let config = runtime::parse::<Config>(&text).expect("valid").config;
    let keys = Keys::open(&config.store, &Health::default()).expect("opened");
    Context::new(clock, &Metrics::default(), config, keys, None)
}

#[tokio::test]
async fn a_key_is_valid_until_it_is_revoked() {
    let fixture = Fixture::new();
    let (id, key) = fixture.issue(&json!({"name": "a"})).await;
    for _ in 0..2 {
        assert_eq!(fixture.verify(&key).await, json!({"valid": true, "code": "valid", "id": id}));
    }
    let path = format!("/v1/keys/{id}");
    assert_eq!(fixture.ask(Method::DELETE, &path, &Value::Null).await, (204, Value::Null));
    let revoked = json!({"valid": false, "code": "revoked", "id": id});
    assert_eq!(fixture.verify(&key).await, revoked);
    fixture.clock.advance(Duration::from_secs(1));
    assert_eq!(fixture.ask(Method::DELETE, &path, &Value::Null).await.0, 204);
    assert_eq!(fixture.list("").await["keys"][0]["revoked_at"], NOW);
    assert_eq!(fixture.verifications.with_label_values(&["valid"]).get(), 2);
    assert_eq!(fixture.verifications.with_label_values(&["revoked"]).get(), 1);
}

#[tokio::test]
async fn a_key_expires_to_the_millisecond() {
    let fixture = Fixture::new();
    let (id, key) = fixture.issue(&json!({"name": "a", "expires_at": NOW + 1000, "remaining": 5})).await;
    fixture.clock.advance(Duration::from_millis(999));
    assert_eq!(fixture.verify(&key).await, json!({"valid": true, "code": "valid", "id": id, "remaining": 4}));
    fixture.clock.advance(Duration::from_millis(1));
    assert_eq!(fixture.verify(&key).await, json!({"valid": false, "code": "expired", "id": id, "remaining": 4}));
}

#[tokio::test]
async fn what_is_no_key_and_what_is_not_ours() {
    let fixture = Fixture::new();
    for text in ["", "unkey_", "sk_live_1", "unkey_\u{e9}"] {
        assert_eq!(fixture.verify(text).await, json!({"valid": false, "code": "malformed"}), "{text}");
    }
    let (foreign, _) = key_text::generate().expect("a key");
    assert_eq!(fixture.verify(foreign.expose()).await, json!({"valid": false, "code": "unknown"}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_want_the_last_use_one_has_it() {
    let fixture = Arc::new(Fixture::new());
    let (id, key) = fixture.issue(&json!({"name": "a", "remaining": 3})).await;
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let (fixture, key) = (fixture.clone(), key.clone());
            tokio::spawn(async move { fixture.verify(&key).await })
        })
        .collect();
    let mut left = Vec::new();
    for caller in callers {
        let verification = caller.await.expect("no panic");
        if verification["valid"] == true {
            left.push(verification["remaining"].as_u64().expect("a number"));
        } else {
            let exhausted = json!({"valid": false, "code": "exhausted", "id": id, "remaining": 0});
            assert_eq!(verification, exhausted);
        }
    }
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2]);
}

#[tokio::test]
async fn keys_and_their_uses_are_there_after_another_start() {
    let fixture = Fixture::new();
    let (limited, limited_key) = fixture.issue(&json!({"name": "limited", "remaining": 2})).await;
    let (revoked, revoked_key) = fixture.issue(&json!({"name": "revoked"})).await;
    fixture.verify(&limited_key).await;
    fixture.ask(Method::DELETE, &format!("/v1/keys/{revoked}"), &Value::Null).await;
    let before = fixture.list("").await;
    let fixture = fixture.restarted();
    assert_eq!(fixture.list("").await, before);
    assert_eq!(fixture.verify(&revoked_key).await["code"], "revoked");
    let last = json!({"valid": true, "code": "valid", "id": limited, "remaining": 0});
    assert_eq!(fixture.verify(&limited_key).await, last);
    assert_eq!(fixture.verify(&limited_key).await["code"], "exhausted");
}

#[tokio::test]
async fn the_list_has_no_secret_and_comes_in_pages() {
    let fixture = Arc::new(Fixture::new());
    let (id, key) = fixture.issue(&json!({"name": "first", "expires_at": NOW + 1, "remaining": 7})).await;
    let first = json!({
        "id": id, "name": "first", "created_at": NOW, "expires_at": NOW + 1, "remaining": 7, "revoked_at": null
    });
    assert_eq!(fixture.list("").await, json!({"keys": [first]}));
    for file in std::fs::read_dir(fixture.folder.path().join("state")).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("read");
        assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "the key is on the disk");
    }

    fixture.clock.advance(Duration::from_secs(1));
    // All at once, so that they share commits.
    let mut callers = JoinSet::new();
    for number in 0..1000 {
        let fixture = fixture.clone();
        callers.spawn(async move { fixture.issue(&json!({"name": format!("{number}")})).await });
    }
    assert_eq!(callers.join_all().await.len(), 1000);
    let page = fixture.list("").await;
    assert_eq!(page["keys"].as_array().map(Vec::len), Some(1000));
    assert_eq!(page["keys"][0]["name"], "first");
    let next = page["next"].as_str().expect("a second page");
    let rest = fixture.list(&format!("?after={next}")).await;
    assert_eq!((rest["keys"].as_array().map(Vec::len), &rest["next"]), (Some(1), &Value::Null));
}

#[tokio::test]
async fn a_request_that_does_not_fit_is_refused() {
    let fixture = Fixture::new();
    let largest = (1_u64 << 53) - 1;
    let long = "n".repeat(201);
    let keys = [
        (json!({"name": ""}), "`name` must be"),
        (json!({"name": "  "}), "`name` must be"),
        (json!({"name": "a\nb"}), "`name` must be"),
        (json!({"name": long}), "`name` must be 1 to 200 bytes"),
        (json!({"name": "a", "expires_at": NOW}), "`expires_at` must be in the future"),
        (json!({"name": "a", "expires_at": -1}), "the body is refused"),
        (json!({"name": "a", "remaining": 0}), "`remaining` must be `1` to"),
        (json!({"name": "a", "remaining": largest + 1}), "`remaining` must be `1` to `9007199254740991`"),
        (json!({"name": "a", "remaning": 1}), "unknown field `remaning`"),
        (json!({}), "missing field `name`"),
    ];
    let verifications = [
        (json!({"key": "a", "name": "b"}), "unknown field `name`"),
        (json!({"key": 1}), "expected a string"),
        (json!({}), "missing field `key`"),
    ];
    let cases = keys.iter().map(|case| ("/v1/keys", case));
    for (path, (body, part)) in cases.chain(verifications.iter().map(|case| ("/v1/keys/verify", case))) {
        let (status, problem) = fixture.ask(Method::POST, path, body).await;
        assert_eq!(status, 400, "{body}: {problem}");
        assert!(problem["detail"].as_str().expect("text").contains(part), "{part}: {problem}");
    }
    assert_eq!(fixture.ask(Method::GET, "/v1/keys?befor=a", &Value::Null).await.0, 400);
    assert_eq!(fixture.ask(Method::DELETE, "/v1/keys/%FF", &Value::Null).await.0, 400);
    let (status, problem) = fixture.ask(Method::DELETE, "/v1/keys/nosuch", &Value::Null).await;
    assert_eq!((status, &problem["detail"]), (404, &json!("there is no key with the id `nosuch`")));
    assert_eq!(fixture.list("").await, json!({"keys": []}));
}

#[tokio::test]
async fn every_path_below_v1_wants_the_token() {
    let fixture = Fixture::new();
    let paths = [
        (Method::POST, "/v1/keys"),
        (Method::GET, "/v1/keys"),
        (Method::DELETE, "/v1/keys/some"),
        (Method::POST, "/v1/keys/verify"),
    ];
    for (method, path) in paths {
        for authorization in [None, Some("Bearer wrong"), Some("Basic open sesame")] {
            let body = json!({"name": "a"}).to_string();
            let (status, problem) = fixture.send(method.clone(), path, authorization, body).await;
            assert_eq!((status, &problem["status"]), (401, &json!(401)), "{method} {path} {authorization:?}");
        }
    }
    assert_eq!(fixture.list("").await, json!({"keys": []}));
}
