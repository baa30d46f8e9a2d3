//! Who may call `/v1`, and what is refused there before a service looks at what it means.

use parts::http::Caller;
use parts::service;
use serde_json::json;

use crate::neighbours::Running;

/// A method, a path, and what it wants to be sent.
pub type Path = (&'static str, &'static str, Takes);

/// The paths below `/v1`, by service.
pub const PATHS: [(&str, &[Path]); 5] = [
    (
        "api",
        &[
            ("POST", "/v1/keys", Takes::Document),
            ("GET", "/v1/keys", Takes::Nothing),
            ("DELETE", "/v1/keys/5f0f6f3c-7f0b-4f0e-8a5e-3d0b9f0c1d2e", Takes::Nothing),
            ("POST", "/v1/keys/verify", Takes::Document),
        ],
    ),
    (
        "control-api",
        &[
            ("POST", "/v1/deployments", Takes::Document),
            ("GET", "/v1/deployments", Takes::Nothing),
            ("GET", "/v1/deployments/5f0f6f3c-7f0b-4f0e-8a5e-3d0b9f0c1d2e", Takes::Nothing),
            ("POST", "/v1/leases", Takes::Document),
            ("POST", "/v1/leases/5f0f6f3c-7f0b-4f0e-8a5e-3d0b9f0c1d2e/heartbeat", Takes::Nothing),
            ("POST", "/v1/leases/5f0f6f3c-7f0b-4f0e-8a5e-3d0b9f0c1d2e/result", Takes::Document),
        ],
    ),
    ("heimdall", &[("POST", "/v1/usage", Takes::Document), ("GET", "/v1/usage", Takes::Nothing)]),
    (
        "krane",
        &[
            ("PUT", "/v1/deployments/a.example", Takes::Document),
            ("DELETE", "/v1/deployments/a.example", Takes::Nothing),
            ("GET", "/v1/deployments", Takes::Nothing),
            ("PUT", "/v1/reports/a.example", Takes::Document),
            ("GET", "/v1/drift", Takes::Nothing),
            ("GET", "/v1/routes", Takes::Nothing),
        ],
    ),
    (
        "vault",
        &[
            ("POST", "/v1/encrypt", Takes::Document),
            ("POST", "/v1/decrypt", Takes::Document),
            ("POST", "/v1/reencrypt", Takes::Document),
        ],
    ),
];

/// What a path wants to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Document,
    Nothing,
}

#[test]
fn every_service_of_the_table_is_one() {
    let known = service::all();
    for (service, _) in PATHS {
        assert!(known.iter().any(|name| name == service), "{service}: {known:?}");
    }
}

#[test]
fn nobody_without_the_token_gets_in() {
    for (service, paths) in PATHS {
        let running = Running::start(service);
        let address = &running.service.address;
        for (method, path, _) in paths {
            for token in [None, Some(""), Some("wrong"), Some("0b5c0a1d-of-these-tests-alone-")] {
                let refused = Caller::new(address, token).ask(method, path);
                assert_eq!(refused.status, 401, "{service} {method} {path} {token:?}: {refused:?}");
                assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
                assert_eq!(refused.header("content-type"), Some("application/problem+json"));
                assert_eq!(refused.json()["status"], 401);
            }
            let allowed = running.caller().ask(method, path);
            assert_ne!(allowed.status, 401, "{service} {method} {path}: {allowed:?}");
        }
    }
}

#[test]
fn what_is_no_document_of_the_path_is_refused() {
    // As large as the configuration below allows, and one byte more.
    let (largest, too_large) = ("x".repeat(4096), "x".repeat(4097));
    let cases = [
        ("application/json", "", 400),
        ("application/json", "hunter2", 400),
        ("application/json", "{", 400),
        ("application/json", "[]", 400),
        ("application/json", "null", 400),
        ("application/json", "\u{0}", 400),
        ("application/json", r#"{"nosuch":1}"#, 400),
        ("application/json", &largest, 400),
        ("application/json", &too_large, 413),
        ("text/plain", "{}", 415),
    ];
    for (service, paths) in PATHS {
        let running = Running::start_with(service, |setup| setup.set("limits.body_bytes", 4096));
        for (method, path, _) in paths.iter().filter(|(_, _, takes)| *takes == Takes::Document) {
            for (media_type, body, status) in cases {
                // Not every service looks at this one, and none of them may stumble over it.
                let headers = [("content-type", media_type), ("idempotency-key", "a")];
                let refused = running.caller().send_with(method, path, &headers, body);
                assert_eq!(refused.status, status, "{service} {method} {path} {body:?}: {refused:?}");
                assert_eq!(refused.header("content-type"), Some("application/problem+json"));
                let document = refused.json();
                let keys: Vec<&str> = document.as_object().expect("an object").keys().map(String::as_str).collect();
                assert_eq!((keys, &document["status"]), (vec!["title", "status", "detail"], &json!(status)));
            }
        }
    }
}
