//! The `unkey` client in front of the services that it is for. What needs none of them is in `cli/tests`.

use std::fs::{self, File};
use std::process::Command;

use parts::service;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::chain::{Chain, eventually, upstream};
use crate::neighbours::{Running, TOKEN, client, setup};

/// How a run of the client ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    /// Itself, if the client exited with this status.
    fn exited(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A user's folder.
struct User {
    home: TempDir,
}

impl User {
    fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a folder") }
    }

    /// One who has logged in.
    fn of(api: &str, control: &str) -> Self {
        let user = Self::new();
        let (api, control) = (format!("http://{api}"), format!("http://{control}"));
        user.run(&["auth", "login", "--api-url", &api, "--control-url", &control], TOKEN).exited(0);
        user
    }

    /// Runs the client with a text on its stdin.
    fn run(&self, arguments: &[&str], stdin: &str) -> Ended {
        let input = self.home.path().join("stdin");
        fs::write(&input, stdin).expect("written");
        let mut command = Command::new(client());
        command.args(arguments).env_clear().env("XDG_CONFIG_HOME", self.home.path());
        let output = command.stdin(File::open(input).expect("a file")).output().expect("started");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let ended = Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        assert!(!ended.stdout.contains(TOKEN) && !ended.stderr.contains(TOKEN), "{ended:?}");
        ended
    }

    fn keys(&self, arguments: &[&str], stdin: &str) -> Ended {
        self.run(&[&["api", "keys"], arguments].concat(), stdin)
    }
}

#[test]
fn a_key_from_its_making_to_its_end() {
    let (api, control) = (Running::start("api"), setup("control-api").start());
    let user = User::of(&api.service.address, &control.address);
    let status = user.run(&["auth", "status", "--output", "json"], "").exited(0).json();
    assert_eq!([&status[0]["accepted"], &status[1]["accepted"]], [&json!(true); 2]);

    let made = user.keys(&["create", "--name", "Größe 数", "--expires", "30d", "--remaining", "2"], "").exited(0);
    let key = made.stdout.trim_end();
    assert!(key.starts_with("unkey_") && !key.contains(char::is_whitespace), "{made:?}");
    assert!(made.stderr.contains("it is shown this once") && !made.stderr.contains(key), "{made:?}");
    let verify = |key: &str, code: i32| user.keys(&["verify", "--output", "json"], key).exited(code).json();
    assert_eq!(verify(&made.stdout, 0)["remaining"], 1);
    assert_eq!(verify(key, 0)["code"], "valid");
    assert_eq!(verify(key, 1)["code"], "exhausted");
    assert_eq!(verify("unkey_AAAA", 1)["code"], "malformed");

    let listed = user.keys(&["list", "--output", "json"], "").exited(0);
    assert!(!listed.stdout.contains(key));
    let id = listed.json()[0]["id"].as_str().expect("an id").to_owned();
    let table = user.keys(&["list"], "").exited(0).stdout;
    let row = table.lines().nth(1).expect("a row");
    assert!(row.starts_with(&format!("{id}  Größe 数  exhausted  20")) && row.ends_with("  0"), "{table}");

    user.keys(&["revoke", &id], "y\n").exited(2);
    user.keys(&["revoke", &id, "--yes"], "").exited(0);
    assert_eq!(verify(key, 1)["code"], "revoked");
    let missing = user.keys(&["revoke", "nosuch", "--yes"], "").exited(1).stderr;
    assert!(missing.starts_with("error: there is no key with the id `nosuch` (404 from "), "{missing}");
    let request = missing.split_once(", request ").expect("a request").1;
    assert!(request.split(')').next().is_some_and(|id| id.len() > 8), "{missing}");
}

#[test]
fn what_the_api_refuses_is_told_in_its_words() {
    let (api, control) = (Running::start("api"), setup("control-api").start());
    let user = User::of(&api.service.address, &control.address);
    let refused = user.keys(&["create", "--name", " "], "").exited(1);
    assert!(refused.stdout.is_empty() && refused.stderr.contains("`name` must be 1 to 200 bytes"), "{refused:?}");
    let past = user.keys(&["create", "--name", "a", "--expires", "2001-01-01"], "").exited(2).stderr;
    assert!(past.contains("`2001-01-01` is over"), "{past}");
    let url = format!("http://{}", api.service.address);
    let wrong = User::new().run(&["auth", "login", "--api-url", &url], "wrong").exited(1).stderr;
    assert!(wrong.contains("not logged in: the bearer token is not the one of this service (401 from "), "{wrong}");
}

#[test]
fn a_list_has_more_keys_than_a_page() {
    let (api, control) = (Running::start("api"), setup("control-api").start());
    let user = User::of(&api.service.address, &control.address);
    let caller = api.caller();
    let count = 1001;
    for number in 0..count {
        caller.send("POST", "/v1/keys", &json!({"name": format!("key {number}")})).succeeded();
    }
    let listed = user.keys(&["list", "--output", "json"], "").exited(0).json();
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), count);
    assert_eq!((&listed[0]["name"], &listed[count - 1]["name"]), (&json!("key 0"), &json!("key 1000")));
}

#[test]
fn a_deployment_is_carried_out_and_its_host_answers() {
    let (chain, api) = (Chain::start(), Running::start("api"));
    let user = User::of(&api.service.address, &chain.control_api.address);
    let to = upstream("one");
    let arguments = ["deploy", "shop.example", "--upstream", &to, "--output", "json"];
    let deployed = user.run(&arguments, "").exited(0);
    assert_eq!(deployed.json()["state"], "succeeded");
    assert!(deployed.stderr.contains(": queued\n") && deployed.stderr.contains(": succeeded\n"), "{deployed:?}");
    eventually("an answer by the route", || Some(chain.get("shop.example", "/")).filter(|answer| answer.1 == "one"));
    let id = deployed.json()["id"].as_str().expect("an id").to_owned();
    let followed = user.run(&["deploy", "--follow", &id], "").exited(0);
    assert!(followed.stdout.contains(&format!("{id}  shop.example  succeeded")), "{followed:?}");
}

#[test]
fn one_name_of_a_request_is_one_deployment() {
    let (api, control) = (Running::start("api"), setup("control-api").start());
    let user = User::of(&api.service.address, &control.address);
    let deploy = |host: &str, upstream: &str, code: i32, further: &[&str]| {
        let arguments = ["deploy", host, "--upstream", upstream, "--output", "json", "--idempotency-key", "run-17"];
        user.run(&[&arguments, further].concat(), "").exited(code)
    };
    let first = deploy("shop.example", "10.0.0.7:80", 0, &["--no-wait"]).json();
    let again = deploy("shop.example", "10.0.0.7:80", 0, &["--no-wait"]).json();
    assert_eq!((&first["state"], &first["id"]), (&json!("queued"), &again["id"]));
    let other = deploy("other.example", "10.0.0.7:80", 1, &["--no-wait"]).stderr;
    assert!(other.contains("another request had this `idempotency-key`"), "{other}");
    // Nobody carries it out.
    let late = deploy("shop.example", "10.0.0.7:80", 2, &["--timeout", "1s"]).stderr;
    assert!(late.contains(&format!("deployment `{}` is still queued", first["id"].as_str().expect("an id"))), "{late}");
    let invalid = user.run(&["deploy", "shop.example", "--upstream", "10.0.0.7:80", "--replicas", "0"], "").exited(1);
    assert!(invalid.stderr.contains("`replicas` must be `1` to `64`, not `0`"), "{invalid:?}");
}

#[test]
fn each_service_is_found_healthy() {
    for service in service::all() {
        let running = Running::start(&service);
        running.becomes_ready();
        let url = format!("http://{}", running.service.address);
        let healthy = User::new().run(&["healthcheck", &url], "").exited(0);
        assert_eq!(healthy.stdout, "healthy (200)\n", "{service}");
        drop(running);
        User::new().run(&["healthcheck", &url], "").exited(2);
    }
}
