//! A worker between a control-api and a krane that the tests play: real servers, which write down what they are asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use runtime::{Refusal, Trigger, Upstream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

/// How long anything may take that should happen at all.
const IN_TIME: Duration = Duration::from_secs(30);

/// What the two servers do, and what they were asked.
#[derive(Debug, Default)]
struct Script {
    /// What there is to lease, the last one first.
    leases: Vec<Value>,
    /// How long a lease is, 30 s if absent, which is longer than any test takes.
    lease_seconds: Option<u64>,
    /// The status of every heartbeat, 200 if absent.
    heartbeat: Option<StatusCode>,
    /// The statuses of the next results, the last one first; 204 after them.
    results: Vec<StatusCode>,
    /// How long krane takes for a deployment.
    slow: Duration,
    /// The status of krane's answer to a deployment, 200 if absent.
    krane: Option<StatusCode>,
    /// Whether krane makes no route.
    has_no_route: bool,
    /// What krane was told to run.
    route: Value,
    calls: Vec<String>,
}

type Stage = Arc<Mutex<Script>>;

fn on<T>(stage: &Stage, act: impl FnOnce(&mut Script) -> T) -> T {
    act(&mut stage.lock().unwrap_or_else(PoisonError::into_inner))
}

fn answer(status: Option<StatusCode>, document: Value) -> Response {
    match status {
        Some(status) => Refusal::new(status, "as the script says").into_response(),
        None => Json(document).into_response(),
    }
}

async fn lease(Shared(stage): Shared<Stage>, Json(taker): Json<Value>) -> Response {
    assert_eq!(taker, json!({"worker": "w"}));
    match on(&stage, |script| script.leases.pop()) {
        Some(lease) => {
            on(&stage, |script| script.calls.push("lease".to_owned()));
            Json(lease).into_response()
        }
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn heartbeat(Shared(stage): Shared<Stage>, Path(lease): Path<String>) -> Response {
    let (status, seconds) = on(&stage, |script| {
        script.calls.push(format!("heartbeat {lease}"));
        (script.heartbeat, script.lease_seconds)
    });
    answer(status, json!({"expires_in_seconds": seconds}))
}

async fn result(Shared(stage): Shared<Stage>, Path(lease): Path<String>, Json(ending): Json<Value>) -> Response {
    let (outcome, detail) = (ending["outcome"].as_str().expect("text"), ending["detail"].as_str().expect("text"));
    let status = on(&stage, |script| {
        script.calls.push(format!("result {lease} {outcome}: {detail}"));
        script.results.pop()
    });
    match status {
        Some(_) => answer(status, Value::Null),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn desire(Shared(stage): Shared<Stage>, Path(host): Path<String>, Json(desired): Json<Value>) -> Response {
    let slow = on(&stage, |script| {
        script.calls.push(format!("desire {host} {}", desired["deployment"].as_str().expect("text")));
        script.route = json!({"host": host, "upstreams": desired["upstreams"]});
        script.slow
    });
    time::sleep(slow).await;
    answer(on(&stage, |script| script.krane), desired)
}

async fn report(Shared(stage): Shared<Stage>, Path(host): Path<String>, Json(report): Json<Value>) -> StatusCode {
    let count = report["running"].as_array().expect("a list").len();
    on(&stage, |script| script.calls.push(format!("report {host} {count}")));
    StatusCode::NO_CONTENT
}

async fn routes(Shared(stage): Shared<Stage>) -> Json<Value> {
    on(&stage, |script| {
        script.calls.push("routes".to_owned());
        let routes =
            if script.has_no_route { json!([]) } else { json!([{"host": "z.example", "upstreams": []}, script.route]) };
        Json(json!({"revision": 1, "routes": routes}))
    })
}

async fn start(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A running worker with its surroundings.
struct Fixture {
    stage: Stage,
    health: Health,
    trigger: Trigger,
    running: JoinHandle<()>,
    attempts: IntCounterVec,
    /// What accepts connections as an upstream of the deployment.
    _upstream: TcpListener,
}

impl Fixture {
    /// Starts a worker that has one deployment to carry out, with `upstreams` beside the one that runs.
    async fn new(script: Script, upstreams: &[&str]) -> Self {
        Self::with(script, upstreams, true, |_| ()).await
    }

    async fn with(script: Script, upstreams: &[&str], runs: bool, change: impl FnOnce(&mut Worker)) -> Self {
        let upstream = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let runs = runs.then(|| upstream.local_addr().expect("bound").to_string());
        let upstreams: Vec<String> = upstreams.iter().map(ToString::to_string).chain(runs).collect();
        let deployment =
            json!({"id": "d", "host": "a.example", "upstreams": upstreams, "replicas": 1, "state": "leased"});
        let lease_document = json!({"lease_id": "d.1", "expires_in_seconds": script.lease_seconds.unwrap_or(30), "attempt": 1, "deployment": deployment});
        let stage: Stage = Arc::new(Mutex::new(script));
        on(&stage, |script| script.leases.push(lease_document));
        let control_api = Router::new()
            .route("/v1/leases", post(lease))
            .route("/v1/leases/{lease_id}/heartbeat", post(heartbeat))
            .route("/v1/leases/{lease_id}/result", post(result));
        let krane = Router::new()
            .route("/v1/deployments/{host}", put(desire))
            .route("/v1/reports/{host}", put(report))
            .route("/v1/routes", get(routes));
        let control_api = start(control_api.with_state(stage.clone())).await;
        let krane = start(krane.with_state(stage.clone())).await;
        let (trigger, shutdown) = Shutdown::channel();
        let health = Health::default();
        let attempts = attempts(&Metrics::default());
        let mut worker = Worker {
            name: "w".parse().expect("a name"),
            control_api: ControlApi::new(Client::new(Upstream::at("control-api", control_api))),
            krane: Krane::new(Client::new(Upstream::at("krane", krane))),
            health: health.clone(),
            shutdown,
            patience: IN_TIME,
            attempts: attempts.clone(),
        };
        change(&mut worker);
        health.hold().release();
        Self { stage, health, trigger, running: tokio::spawn(worker.run()), attempts, _upstream: upstream }
    }

    /// Waits for the first attempt to end in one of these ways, and stops the worker.
    async fn ended(self, outcome: &str) -> Vec<String> {
        let counted = async {
            while self.attempts.with_label_values(&[outcome]).get() == 0 {
                time::sleep(Duration::from_millis(10)).await;
            }
        };
        let counted = time::timeout(IN_TIME, counted).await;
        assert!(counted.is_ok(), "not {outcome}: {:?}", self.calls());
        self.stopped().await
    }

    /// Asks the worker to stop and waits until it has.
    async fn stopped(self) -> Vec<String> {
        self.trigger.request();
        let calls = self.stage.clone();
        time::timeout(IN_TIME, self.running).await.expect("stops in time").expect("no panic");
        on(&calls, |script| script.calls.clone())
    }

    fn calls(&self) -> Vec<String> {
        on(&self.stage, |script| script.calls.clone())
    }

    /// Waits until krane has been asked.
    async fn begun(&self) {
        let asked = async {
            while !self.calls().iter().any(|call| call.starts_with("desire")) {
                time::sleep(Duration::from_millis(10)).await;
            }
        };
        time::timeout(IN_TIME, asked).await.expect("krane is asked");
    }
}

/// An address where nothing listens.
async fn nowhere() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.expect("bound").local_addr().expect("bound")
}

#[tokio::test]
async fn a_deployment_is_desired_reported_looked_for_and_succeeded() {
    let nowhere = nowhere().await.to_string();
    let calls = Fixture::new(Script::default(), &[&nowhere]).await.ended("succeeded").await;
    let expected = [
        "lease",
        "desire a.example d",
        "report a.example 1",
        "routes",
        "result d.1 succeeded: `1` of `2` upstreams run",
    ];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn heartbeats_keep_the_lease_while_krane_is_slow() {
    let script = Script { slow: Duration::from_secs(5), lease_seconds: Some(3), ..Script::default() };
    let calls = Fixture::new(script, &[]).await.ended("succeeded").await;
    let beats = calls.iter().filter(|call| *call == "heartbeat d.1").count();
    assert!(beats >= 3, "{calls:?}");
    assert!(calls.last().expect("calls").starts_with("result d.1 succeeded"), "{calls:?}");
}

#[tokio::test]
async fn a_lost_lease_ends_the_work_without_a_result() {
    let script = Script {
        slow: Duration::from_secs(20),
        lease_seconds: Some(3),
        heartbeat: Some(StatusCode::CONFLICT),
        ..Script::default()
    };
    let calls = Fixture::new(script, &[]).await.ended("lost").await;
    assert_eq!(calls, ["lease", "desire a.example d", "heartbeat d.1"]);
}

#[tokio::test]
async fn a_lease_that_cannot_be_extended_in_time_is_lost() {
    let script = Script {
        slow: Duration::from_secs(20),
        lease_seconds: Some(3),
        heartbeat: Some(StatusCode::SERVICE_UNAVAILABLE),
        ..Script::default()
    };
    let begun = Instant::now();
    let calls = Fixture::new(script, &[]).await.ended("lost").await;
    assert!(begun.elapsed() < Duration::from_secs(20), "after krane's answer");
    assert!(calls.iter().filter(|call| *call == "heartbeat d.1").count() >= 2, "{calls:?}");
    assert!(!calls.iter().any(|call| call.starts_with("result")), "{calls:?}");
}

#[tokio::test]
async fn krane_that_is_down_is_tried_again_later() {
    let nowhere = nowhere().await;
    let down = |worker: &mut Worker| worker.krane = Krane::new(Client::new(Upstream::at("krane", nowhere)));
    let calls = Fixture::with(Script::default(), &[], true, down).await.ended("retry").await;
    let detail = format!("krane did not do it: `PUT http://{nowhere}/v1/deployments/a.example` failed: no answer");
    assert_eq!(calls, ["lease".to_owned(), format!("result d.1 retry: {detail}")]);
}

#[tokio::test]
async fn what_krane_refuses_has_failed_unless_it_may_pass() {
    for (status, outcome) in [
        (StatusCode::BAD_REQUEST, "failed"),
        (StatusCode::CONFLICT, "failed"),
        (StatusCode::UNAUTHORIZED, "retry"),
        (StatusCode::TOO_MANY_REQUESTS, "retry"),
        (StatusCode::INTERNAL_SERVER_ERROR, "retry"),
        (StatusCode::SERVICE_UNAVAILABLE, "retry"),
    ] {
        let script = Script { krane: Some(status), ..Script::default() };
        let calls = Fixture::new(script, &[]).await.ended(outcome).await;
        let last = calls.last().expect("calls");
        assert!(last.starts_with(&format!("result d.1 {outcome}: krane did not do it: `PUT http://")), "{last}");
        assert!(last.ends_with(&format!("failed: {status}: as the script says")), "{last}");
        assert!(!calls.iter().any(|call| call.starts_with("report")), "{status}: {calls:?}");
    }
}

#[tokio::test]
async fn upstreams_that_do_not_run_are_not_reported_and_tried_again_later() {
    let nowhere = nowhere().await.to_string();
    let calls = Fixture::with(Script::default(), &[&nowhere], false, |_| ()).await.ended("retry").await;
    let result = "result d.1 retry: none of `1` upstreams accepts a connection";
    assert_eq!(calls, ["lease", "desire a.example d", result]);
}

#[tokio::test]
async fn a_route_that_is_not_there_is_looked_for_again_later() {
    let script = Script { has_no_route: true, ..Script::default() };
    let calls = Fixture::new(script, &[]).await.ended("retry").await;
    let result = "result d.1 retry: krane has no route from `a.example` to what runs";
    assert_eq!(calls[2..], ["report a.example 1", "routes", result]);
}

#[tokio::test]
async fn a_result_is_said_until_it_is_heard() {
    let script = Script { results: vec![StatusCode::SERVICE_UNAVAILABLE; 4], ..Script::default() };
    let calls = Fixture::new(script, &[]).await.ended("succeeded").await;
    assert_eq!(calls.iter().filter(|call| call.starts_with("result d.1 succeeded")).count(), 5, "{calls:?}");
    let script = Script { results: vec![StatusCode::CONFLICT], ..Script::default() };
    let calls = Fixture::new(script, &[]).await.ended("lost").await;
    assert_eq!(calls.iter().filter(|call| call.starts_with("result")).count(), 1, "{calls:?}");
}

#[tokio::test]
async fn a_shutdown_lets_the_attempt_end_and_begins_no_other() {
    let script = Script { slow: Duration::from_millis(500), leases: vec![json!("never taken")], ..Script::default() };
    let fixture = Fixture::new(script, &[]).await;
    fixture.begun().await;
    let calls = fixture.stopped().await;
    assert!(calls.last().expect("calls").starts_with("result d.1 succeeded"), "{calls:?}");
    assert_eq!(calls.iter().filter(|call| *call == "lease").count(), 1, "{calls:?}");
}

#[tokio::test]
async fn a_shutdown_that_cannot_wait_leaves_the_lease_to_run_out() {
    let script = Script { slow: Duration::from_secs(20), ..Script::default() };
    let patience = |worker: &mut Worker| worker.patience = Duration::from_millis(200);
    let fixture = Fixture::with(script, &[], true, patience).await;
    fixture.begun().await;
    let (begun, attempts) = (Instant::now(), fixture.attempts.clone());
    let calls = fixture.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(15), "waited for krane");
    assert!(!calls.iter().any(|call| call.starts_with("result")), "{calls:?}");
    assert_eq!(attempts.with_label_values(&["left"]).get(), 1);
}

#[tokio::test]
async fn nothing_is_taken_while_krane_is_known_to_be_away() {
    let mut krane = None;
    let away = |worker: &mut Worker| krane = Some(worker.health.dependency("krane"));
    let fixture = Fixture::with(Script::default(), &[], true, away).await;
    time::sleep(Duration::from_secs(1)).await;
    assert_eq!(fixture.health.waiting_for(), ["krane"]);
    assert!(fixture.calls().is_empty(), "{:?}", fixture.calls());
    krane.expect("a dependency").answers(true);
    fixture.ended("succeeded").await;
}
