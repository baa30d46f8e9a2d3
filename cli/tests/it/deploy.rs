//! `unkey deploy`: what is sent again and under which name, what is told, and Ctrl-C. That a deployment is carried out is in
//! `tests/services`.

use std::io::Read as _;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Home, KEY, Server, json, problem, stderr, stdout};

const ID: &str = "2f1c8f0e-3f0c-4b4e-9a52-0d6f6a1f9b11";

/// Far longer than anything takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

const DEPLOY: [&str; 4] = ["deploy", "shop.example", "--upstream", "10.0.0.7:8080"];

fn deployment(state: &str, further: &str) -> String {
    format!(
        r#"{{"id":"{ID}","host":"shop.example","upstreams":["10.0.0.7:8080"],"replicas":1,"state":"{state}","attempts":1{further}}}"#
    )
}

fn is_request(line: &str) -> bool {
    line == "POST /v1/deployments"
}

#[test]
fn a_request_is_sent_again_under_the_same_name() {
    let server = Server::new(|ask, before| match (before, is_request(&ask.line)) {
        // Closed without an answer, as by a server that stops.
        (0, _) => Vec::new(),
        (1, _) => problem(503, "too many"),
        (_, true) => json(202, &deployment("queued", "")),
        _ => json(200, &deployment("succeeded", "")),
    });
    let mut run = Home::new().with_key(&[&DEPLOY[..], &["--output", "json"]].concat());
    let outcome = run.env("UNKEY_CONTROL_URL", server.url()).assert().success();
    let document: Value = serde_json::from_str(&stdout(&outcome)).unwrap();
    assert_eq!((&document["id"], &document["state"]), (&ID.into(), &"succeeded".into()));
    let expected = format!("deployment `{ID}`: queued\ndeployment `{ID}`: succeeded\n");
    assert_eq!(stderr(&outcome), expected);
    let asks = server.asks();
    let lines: Vec<&str> = asks.iter().map(|ask| ask.line.as_str()).collect();
    let [post, get] = ["POST /v1/deployments", &format!("GET /v1/deployments/{ID}")];
    assert_eq!(lines, [post, post, post, get]);
    let names: Vec<&str> = asks[..3].iter().map(|ask| ask.header("idempotency-key")).collect();
    assert!(names[0].len() > 20 && names.iter().all(|name| *name == names[0]), "{names:?}");
    let wanted = r#"{"host":"shop.example","upstreams":["10.0.0.7:8080"],"replicas":1}"#;
    assert!(asks[..3].iter().all(|ask| ask.body == wanted && ask.header("authorization") == format!("Bearer {KEY}")));
}

#[test]
fn a_name_that_is_given_is_the_one_that_is_sent() {
    let server = Server::always(json(202, &deployment("queued", "")));
    let mut run = Home::new().with_key(&[&DEPLOY[..], &["--no-wait", "--idempotency-key", "run-17"]].concat());
    let outcome = run.env("UNKEY_CONTROL_URL", server.url()).assert().success();
    assert!(stdout(&outcome).contains(&format!("{ID}  shop.example  queued")), "{}", stdout(&outcome));
    assert!(stderr(&outcome).contains(&format!("unkey deploy --follow {ID}")));
    let asks = server.asks();
    assert_eq!((asks.len(), asks[0].header("idempotency-key")), (1, "run-17"));
}

#[test]
fn one_that_failed_says_why() {
    let server = Server::always(json(200, &deployment("failed", r#","detail":"no such\u001b host""#)));
    let mut run = Home::new().with_key(&DEPLOY);
    let outcome = run.env("UNKEY_CONTROL_URL", server.url()).assert().code(1);
    let text = stderr(&outcome);
    assert!(text.ends_with(&format!("error: deployment `{ID}` failed: no such\\u{{1b}} host\n")), "{text}");
    assert!(stdout(&outcome).contains("failed"));
}

#[test]
fn a_server_that_goes_away_is_waited_for_and_time_ends() {
    let server = Server::new(|ask, before| match before {
        0 => json(202, &deployment("queued", "")),
        1..=4 => problem(502, "starting"),
        _ if is_request(&ask.line) => problem(400, "twice"),
        _ => json(200, &deployment("succeeded", "")),
    });
    let mut run = Home::new().with_key(&DEPLOY);
    let text = stderr(&run.env("UNKEY_CONTROL_URL", server.url()).assert().success());
    assert_eq!(text.matches("it is asked again").count(), 1, "{text}");

    let server = Server::always(json(200, &deployment("leased", "")));
    let mut run = Home::new().with_key(&["deploy", "--follow", ID, "--timeout", "1s"]);
    let text = stderr(&run.env("UNKEY_CONTROL_URL", server.url()).assert().code(2).stdout(""));
    assert!(text.contains(&format!("deployment `{ID}` is still leased after 1 s, and goes on")), "{text}");
    assert!(text.contains(&format!("hint: wait for it again: `unkey deploy --follow {ID}`")), "{text}");
    assert!(server.asks().iter().all(|ask| !is_request(&ask.line)));
}

#[test]
fn a_server_that_loses_the_thread_is_told_with_the_id() {
    let other = deployment("succeeded", "").replace(ID, "another");
    for (answer, part) in [
        (json(200, &other), "another deployment"),
        (json(200, &deployment("frozen", "")), "which is not what was asked for"),
        (problem(500, "oops"), "oops (500 from "),
    ] {
        let server =
            Server::new(
                move |ask, _| if is_request(&ask.line) { json(202, &deployment("queued", "")) } else { answer.clone() },
            );
        let mut run = Home::new().with_key(&DEPLOY);
        let text = stderr(&run.env("UNKEY_CONTROL_URL", server.url()).assert().code(2).stdout(""));
        assert!(text.contains(part) && text.contains(&format!("`unkey deploy --follow {ID}`")), "{text}");
    }
}

#[test]
fn time_ends_also_while_a_server_is_silent() {
    let server = Server::new(|ask, _| {
        if !is_request(&ask.line) {
            thread::sleep(PATIENCE);
        }
        json(202, &deployment("queued", ""))
    });
    let started = Instant::now();
    let mut run = Home::new().with_key(&[&DEPLOY[..], &["--timeout", "1s"]].concat());
    let text = stderr(&run.env("UNKEY_CONTROL_URL", server.url()).assert().code(2).stdout(""));
    assert!(text.contains("is still queued after 1 s, and goes on"), "{text}");
    assert!(started.elapsed() < PATIENCE / 2, "{:?}", started.elapsed());
}

#[test]
fn an_address_has_to_be_given() {
    let text = stderr(&Home::new().with_key(&DEPLOY).assert().code(2).stdout(""));
    assert!(text.contains("--control-url") && text.contains("UNKEY_CONTROL_URL"), "{text}");
}

/// The client in front of a server, with its output to be read.
fn start(server: &Server) -> Child {
    let mut run = Home::new().plain(&DEPLOY);
    run.env("UNKEY_ROOT_KEY", KEY).env("UNKEY_CONTROL_URL", server.url());
    run.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What it says once it was interrupted after this many requests.
fn interrupted(server: &Server, requests: usize) -> String {
    let mut process = start(server);
    let deadline = Instant::now() + PATIENCE;
    while server.asks().len() < requests {
        assert!(Instant::now() < deadline, "too few requests");
        thread::sleep(Duration::from_millis(10));
    }
    kill_process(Pid::from_child(&process), Signal::INT).unwrap();
    let (started, status) = (Instant::now(), process.wait().unwrap());
    assert_eq!(status.code(), Some(130), "{status}");
    assert!(started.elapsed() < Duration::from_secs(5), "it went on");
    let [mut out, mut err] = [String::new(), String::new()];
    process.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    process.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(out, "");
    err
}

#[test]
fn ctrl_c_says_that_the_deployment_goes_on_and_under_which_id() {
    let server = Server::always(json(200, &deployment("leased", "")));
    let text = interrupted(&server, 3);
    let expected =
        format!("interrupted: deployment `{ID}` goes on; wait for it again with `unkey deploy --follow {ID}`\n");
    assert!(text.ends_with(&expected), "{text}");
}

#[test]
fn ctrl_c_before_an_answer_says_how_to_ask_again() {
    let server = Server::new(|_, _| {
        thread::sleep(PATIENCE);
        Vec::new()
    });
    let text = interrupted(&server, 1);
    let name = server.asks()[0].header("idempotency-key").to_owned();
    assert!(text.starts_with("interrupted: it may have been requested all the same"), "{text}");
    assert!(text.contains(&format!("--idempotency-key {name}")), "{text}");
}
