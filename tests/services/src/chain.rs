//! Services that ask each other: a verification is counted, and a request for a deployment becomes a route that
//! answers.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use parts::http::Caller;
use parts::service::Service;
use serde_json::{Value, json};

use crate::neighbours::{Running, TOKEN, setup};

/// Far longer than anything takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

/// The first value that there is.
pub fn eventually<T>(what: &str, mut value: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = value() {
            return value;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_api_verifies_is_counted_by_heimdall() {
    let api = Running::start("api");
    let issued = api.caller().send("POST", "/v1/keys", &json!({"name": "a", "remaining": 2})).json();
    let verify = || api.caller().send("POST", "/v1/keys/verify", &json!({"key": issued["key"]})).json();
    assert_eq!(verify()["code"], "valid");
    assert_eq!(verify()["code"], "valid");
    assert_eq!(verify()["code"], "exhausted");
    let id = issued["id"].as_str().expect("an id");
    let heimdall = api.upstreams[0].caller();
    let count = || -> Option<u64> {
        let totals = heimdall.ask("GET", &format!("/v1/usage?key={id}")).json();
        totals["totals"].as_array()?.iter().map(|total| total["count"].as_u64()).sum()
    };
    let counted = eventually("three verifications at heimdall", || count().filter(|count| *count >= 3));
    assert_eq!(counted, 3);
}

/// A server that says its own name to whoever asks, for ever.
pub fn upstream(name: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("bound").to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            // One read holds the head of a small request.
            let _ = stream.read(&mut [0; 4096]);
            let length = name.len();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{name}");
            // Whoever asked may be gone.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// The services from a request to its route.
pub struct Chain {
    pub control_api: Service,
    _worker: Service,
    _krane: Service,
    frontline: Service,
}

impl Chain {
    pub fn start() -> Self {
        let url = |service: &Service| format!("http://{}", service.address);
        let control_api = setup("control-api").start();
        let krane = setup("krane").start();
        let worker = setup("control-worker").set("control-api.url", url(&control_api)).set("krane.url", url(&krane));
        let frontline = setup("frontline").set("krane.url", url(&krane));
        Self { control_api, _worker: worker.start(), _krane: krane, frontline: frontline.start() }
    }

    /// Requests a deployment and waits until it is done.
    fn deploy(&self, key: &str, host: &str, upstream: &str) -> Value {
        let caller = Caller::new(&self.control_api.address, Some(TOKEN));
        let document = json!({"host": host, "upstreams": [upstream], "replicas": 1}).to_string();
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        let requested = caller.send_with("POST", "/v1/deployments", &headers, document);
        assert_eq!(requested.status, 202, "{requested:?}");
        let path = format!("/v1/deployments/{}", requested.json()["id"].as_str().expect("an id"));
        let is_done = |deployment: &Value| deployment["state"] == "succeeded" || deployment["state"] == "failed";
        eventually("an end of the deployment", || Some(caller.ask("GET", &path).json()).filter(is_done))
    }

    /// What frontline answers for a host.
    pub fn get(&self, host: &str, path: &str) -> (u16, String) {
        let caller = Caller::new(&self.frontline.address, None);
        let answer = caller.send_with("GET", path, &[("host", host)], "");
        (answer.status, answer.body)
    }
}

#[test]
fn a_request_becomes_a_route_and_the_next_one_moves_it() {
    let chain = Chain::start();
    assert_eq!(chain.get("shop.example", "/").0, 404);
    for (key, name) in [("first", "one"), ("second", "two")] {
        let deployment = chain.deploy(key, "shop.example", &upstream(name));
        assert_eq!(deployment["state"], "succeeded", "{deployment}");
        // Whatever its path: the shared ones are those of other hosts.
        for path in ["/", "/version"] {
            let answers = || Some(chain.get("shop.example", path)).filter(|answer| *answer == (200, name.to_owned()));
            eventually("an answer by the route", answers);
        }
    }
    assert_eq!(chain.get("other.example", "/").0, 404);
}
