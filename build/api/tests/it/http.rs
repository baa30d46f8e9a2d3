//! What the service answers over a real connection, and what it logs about where.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::process::{CONFIG, Fixture, LEAST};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

#[test]
fn health_version_and_what_does_not_exist() {
    let running = Fixture::new().file("unkey.toml", &format!("instance_id = \"api-1\"\n{CONFIG}")).start(&[]);
    assert_ne!(running.address.port(), 0);

    let live = running.ask("GET", "/health/live");
    assert_eq!((live.status, json(&live.body)), (200, json!({"status": "live"})));
    let ready = running.ask("GET", "/health/ready");
    assert_eq!((ready.status, json(&ready.body)), (200, json!({"status": "ready"})));

    let version = json(&running.ask("GET", "/version").body);
    assert_eq!((&version["service"], &version["instance_id"]), (&json!("api"), &json!("api-1")));
    let architecture = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
    assert_eq!(version["architecture"], architecture);

    let about = json(&running.ask("GET", "/").body);
    assert_eq!((&about["region"], &about["url"]), (&json!("local"), &json!("https://api.unkey.com")));

    let missing = running.ask("GET", "/nosuch");
    assert_eq!((missing.status, &json(&missing.body)["detail"]), (404, &json!("nothing is at `/nosuch`")));
    assert!(missing.head.contains("content-type: application/problem+json"), "{}", missing.head);

    let head = running.ask("HEAD", "/health/live");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn the_answered_version_is_the_printed_one() {
    let fixture = Fixture::new().file("unkey.toml", CONFIG);
    let printed = fixture.run(&["--version"]).stdout;
    let version = json(&fixture.start(&[]).ask("GET", "/version").body);
    let answered = version["version"].as_str().expect("text");
    assert_eq!(printed.split_whitespace().nth(1), Some(answered));
    assert_eq!(version["commit"].is_null(), answered == "dev");
    assert_eq!(version["commit_time"].is_null(), answered == "dev");
}

#[test]
fn a_text_log_has_version_and_address_and_no_colours() {
    let fixture = Fixture::new().file("unkey.toml", &format!("listen = \"127.0.0.1:0\"\n{LEAST}"));
    let mut child = fixture.command(&[]).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut log = Vec::new();
    for line in lines {
        let line = line.expect("UTF-8");
        let listens = line.contains("listening");
        log.push(line);
        if listens {
            // The log ends with the process.
            kill_process(Pid::from_child(&child), Signal::TERM).expect("sent");
        }
    }
    assert_eq!(child.wait().expect("ended").code(), Some(0));
    let log = log.join("\n");
    assert!(!log.contains('\u{1b}'), "{log}");
    for part in ["starting service=\"api\" version=\"", "listening address=127.0.0.1:", "draining", "stopped"] {
        assert!(log.contains(part), "{part}: {log}");
    }
}
