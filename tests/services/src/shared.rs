//! The paths that every service answers, and how it refuses all others.

use std::thread;
use std::time::Duration;

use parts::http::Answer;
use parts::service::{self, Setup};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::neighbours::{Running, setup, upstreams};

/// Whether a service that has started goes on without those that it asks. Api reports to heimdall when it can, and
/// frontline keeps the last good routes.
const GOES_ON: [(&str, bool); 3] = [("api", true), ("control-worker", false), ("frontline", true)];

/// For how long a service has to stay ready: longer than it takes to find out that nobody answers.
const SEVERAL_LOOKS: Duration = Duration::from_secs(5);

/// A problem document: RFC 9457 with these three members, whatever the service.
fn assert_problem(answer: &Answer, status: u16, title: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    let detail = problem["detail"].as_str().expect("text");
    assert_eq!(problem, json!({"title": title, "status": status, "detail": detail}));
    assert!(!detail.is_empty());
}

#[test]
fn health_version_metrics_and_what_does_not_exist() {
    for service in service::all() {
        let running = Running::start_with(&service, |setup| setup.set("instance_id", "this-one"));
        let caller = running.stranger();

        assert_eq!(caller.ask("GET", "/health/live").json(), json!({"status": "live"}), "{service}");
        let ready = running.becomes_ready();
        assert_eq!(ready.json(), json!({"status": "ready"}), "{service}");

        let version = caller.ask("GET", "/version").json();
        assert_eq!((&version["service"], &version["instance_id"]), (&json!(service), &json!("this-one")));
        let architecture = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
        assert_eq!(version["architecture"], architecture);

        assert_problem(&caller.ask("GET", "/nosuch?a=b"), 404, "Not Found");
        assert_problem(&caller.ask("POST", "/version"), 405, "Method Not Allowed");
        let head = caller.ask("HEAD", "/health/live");
        assert_eq!((head.status, head.body.as_str()), (200, ""));

        let metrics = caller.ask("GET", "/metrics");
        assert_eq!((metrics.status, metrics.header("content-type")), (200, Some("text/plain; version=0.0.4")));
        assert_prometheus(&metrics.body);
        let is_counted = |line: &str| {
            line.starts_with("http_requests_total{method=\"GET\",path=\"") && line.ends_with("\",status=\"404\"} 1")
        };
        assert!(metrics.body.lines().any(is_counted), "{service}: {}", metrics.body);
    }
}

/// Every line is a comment or a name with labels and a number, and every name has its type above it.
fn assert_prometheus(text: &str) {
    let mut typed = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            typed.push(rest.split(' ').next().expect("a name"));
        }
        if line.starts_with('#') {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?}"));
        let name = series.split('{').next().expect("a name");
        let is_typed = typed.iter().any(|typed| name.strip_prefix(typed).is_some());
        assert!(value.parse::<f64>().is_ok() && is_typed, "{line:?}");
    }
    assert!(!typed.is_empty(), "{text}");
}

#[test]
fn readiness_follows_those_that_a_service_cannot_work_without() {
    let asks = |service: &String| !upstreams(&setup(service)).is_empty();
    let asking: Vec<String> = service::all().into_iter().filter(asks).collect();
    assert_eq!(asking, GOES_ON.map(|(service, _)| service), "say of each whether it goes on");
    for (service, goes_on) in GOES_ON {
        let mut running = Running::start(service);
        running.becomes_ready();
        running.upstreams.clear();
        if goes_on {
            thread::sleep(SEVERAL_LOOKS);
            running.becomes_ready();
        } else {
            assert_eq!(running.becomes_unready().json()["status"], "waiting", "{service}");
        }
        assert_eq!(running.stranger().ask("GET", "/health/live").status, 200, "{service}");
    }
}

#[test]
fn the_answered_version_is_the_printed_one() {
    for service in service::all() {
        let printed = setup(&service).run(&["--version"]).succeeded().stdout;
        let version = Running::start(&service).stranger().ask("GET", "/version").json();
        let answered = version["version"].as_str().expect("text");
        assert_eq!(printed, format!("{service} {answered}\n"));
        let is_stamped = answered != "dev";
        assert_eq!([&version["commit"], &version["commit_time"]].map(Value::is_null), [!is_stamped; 2]);
    }
}

#[test]
fn each_request_is_logged_once_it_is_asked_for_and_without_its_query() {
    for service in service::all() {
        let set = |level: &'static str| move |setup: Setup| setup.set("logging.level", level);
        let quiet = Running::start_with(&service, set("info"));
        let answer = quiet.stranger().send_with("GET", "/version?a=hunter2", &[("x-request-id", "this-one")], "");
        assert_eq!(answer.header("x-request-id"), Some("this-one"), "{service}");
        quiet.service.signal(Signal::TERM);
        assert!(!quiet.service.wait().log.contains("\"request\""), "{service}");

        let mut logs = Running::start_with(&service, set("info,access=debug"));
        let ask = |path: &str, id: &str| logs.stranger().send_with("GET", path, &[("x-request-id", id)], "");
        ask("/version?a=hunter2", "this-one");
        let own = ask("/nosuch", "hunter2 is no id").header("x-request-id").expect("an id").to_owned();
        assert!(!own.contains("hunter2"), "{own}");
        for (path, status, id) in [("/version", 200, "this-one"), ("/nosuch", 404, &*own)] {
            let line = logs.service.wait_for("request");
            let fields = ["method", "path", "status", "request_id"].map(|name| &line[name]);
            assert_eq!(fields, [&json!("GET"), &json!(path), &json!(status), &json!(id)], "{service}: {line}");
            assert!(line["seconds"].as_f64().is_some_and(|seconds| seconds < 10.0), "{service}: {line}");
        }
        assert!(!logs.service.log().contains("hunter2"), "{service}: {}", logs.service.log());
    }
}
