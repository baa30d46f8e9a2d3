//! Keys outlive the process, and neither they nor the token are in the log.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::process::{CONFIG, Fixture, Running, TOKEN};

fn verify(running: &Running, key: &str) -> Value {
    let answer = running.post("/v1/keys/verify", &json!({"key": key}));
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

#[test]
fn a_key_and_its_uses_are_there_after_a_kill() {
    let fixture = Fixture::new().file("unkey.toml", &format!("logging.level = \"trace\"\n{CONFIG}"));
    let running = fixture.start(&[]);
    let issued = running.post("/v1/keys", &json!({"name": "a", "remaining": 2}));
    assert_eq!(issued.status, 201, "{}", issued.body);
    let issued: Value = serde_json::from_str(&issued.body).expect("JSON");
    let (id, key) = (&issued["id"], issued["key"].as_str().expect("text"));
    assert_eq!(verify(&running, key), json!({"valid": true, "code": "valid", "id": id, "remaining": 1}));
    running.signal(Signal::KILL);
    let log = running.wait_for_all();
    assert!(!log.contains(key) && !log.contains(TOKEN), "{log}");

    let running = fixture.start(&[]);
    assert_eq!(verify(&running, key), json!({"valid": true, "code": "valid", "id": id, "remaining": 0}));
    assert_eq!(verify(&running, key), json!({"valid": false, "code": "exhausted", "id": id, "remaining": 0}));
}
