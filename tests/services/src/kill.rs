//! What was acknowledged is there after a kill: services are killed under load, in a loop, and asked for all that they
//! had promised to keep.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use parts::http::{Answer, Caller};
use parts::service::Service;
use serde_json::{Value, json};

use crate::neighbours::{TOKEN, setup};

/// How many callers write at once: enough for writes to share a commit.
const WRITERS: usize = 4;

/// How often each service is killed, unless it has taken so long or so many writes before: control-api has room for
/// ten thousand.
const ROUNDS: u32 = 25;
const LONG_ENOUGH: Duration = Duration::from_secs(15);
const MANY_ENOUGH: usize = 7000;

/// Only a test that fails waits this long for an acknowledgement.
const PATIENCE: Duration = Duration::from_mins(1);

/// The time of all events, in milliseconds since 1970-01-01T00:00:00Z: one that is sent again is the same.
pub static NOW: LazyLock<u64> = LazyLock::new(|| {
    let since_epoch = SystemTime::UNIX_EPOCH.elapsed().expect("a clock that is set");
    u64::try_from(since_epoch.as_millis()).expect("a time")
});

/// One write of one writer.
#[derive(Clone, Debug)]
struct Write {
    writer: usize,
    number: usize,
}

impl Write {
    /// A name that no other write has.
    fn name(&self) -> String {
        format!("w{}-{}", self.writer, self.number)
    }
}

/// What one service is made to keep.
#[derive(Clone, Copy)]
struct Subject {
    service: &'static str,
    /// Writes; whether all of it was acknowledged.
    write: fn(&Caller, &Write) -> bool,
    /// What is not as it was acknowledged.
    lost: fn(&Caller, &[Write]) -> Vec<String>,
}

#[test]
fn api_keeps_keys_uses_and_revocations() {
    assert_keeps(Subject { service: "api", write: write_key, lost: lost_keys });
}

#[test]
fn heimdall_keeps_each_event_once() {
    assert_keeps(Subject { service: "heimdall", write: write_event, lost: lost_events });
}

#[test]
fn control_api_keeps_requests_and_their_keys() {
    assert_keeps(Subject { service: "control-api", write: write_request, lost: lost_requests });
}

#[test]
fn krane_keeps_the_last_deployment_of_each_host() {
    assert_keeps(Subject { service: "krane", write: write_deployment, lost: lost_deployments });
}

fn assert_keeps(subject: Subject) {
    let setup = setup(subject.service);
    let begun = Instant::now();
    let mut acknowledged = Vec::new();
    let mut service = setup.start();
    for round in 0..ROUNDS {
        // Another moment in each round.
        let moment = Duration::from_millis(150 + 37 * u64::from(round % 8));
        let written = kill_under_load(subject, service, moment, acknowledged.len());
        assert!(!written.is_empty(), "nothing was acknowledged in round {round}");
        acknowledged.extend(written);
        service = setup.start();
        let lost = (subject.lost)(&Caller::new(&service.address, Some(TOKEN)), &acknowledged);
        assert!(lost.is_empty(), "{} of {} lost in round {round}: {lost:#?}", lost.len(), acknowledged.len());
        if round > 2 && (begun.elapsed() > LONG_ENOUGH || acknowledged.len() > MANY_ENOUGH) {
            break;
        }
    }
}

/// Lets all writers write, kills the service `moment` after the first acknowledgement, which a busy disk may keep waiting,
/// and returns what was acknowledged.
fn kill_under_load(subject: Subject, service: Service, moment: Duration, first: usize) -> Vec<Write> {
    let (running, address) = (AtomicBool::new(true), service.address.clone());
    let (says, first_acknowledgement) = mpsc::channel();
    thread::scope(|scope| {
        let (address, running) = (&address, &running);
        let start = |writer| {
            let says = says.clone();
            scope.spawn(move || load(subject, address, (writer, first), running, &says))
        };
        let writers: Vec<_> = (0..WRITERS).map(start).collect();
        // A panic would leave the writers writing: that none came is seen by what is returned.
        let _ = first_acknowledgement.recv_timeout(PATIENCE);
        thread::sleep(moment);
        service.kill();
        running.store(false, Ordering::Relaxed);
        let written = writers.into_iter().map(|writer| writer.join().expect("no panic"));
        written.collect::<Vec<_>>().concat()
    })
}

/// Writes as the writer with this number, from this write on, until the service is gone; what was acknowledged, which is
/// said of each.
fn load(
    subject: Subject,
    address: &str,
    (writer, first): (usize, usize),
    running: &AtomicBool,
    says: &Sender<()>,
) -> Vec<Write> {
    let caller = Caller::new(address, Some(TOKEN));
    let mut acknowledged = Vec::new();
    let mut number = first;
    while running.load(Ordering::Relaxed) {
        let write = Write { writer, number };
        if (subject.write)(&caller, &write) {
            acknowledged.push(write);
            // Only the first is waited for.
            let _ = says.send(());
        }
        number += 1;
    }
    acknowledged
}

fn is(answer: Option<&Answer>, status: u16) -> bool {
    // Refused for another reason than that it is gone: the load would be none.
    assert!(answer.is_none_or(|answer| answer.status < 400), "{answer:?}");
    answer.is_some_and(|answer| answer.status == status)
}

/// All entries of a list that comes in pages.
fn all(caller: &Caller, path: &str, name: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut query = String::new();
    loop {
        let answer = caller.ask("GET", &format!("{path}{query}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let mut page = answer.json();
        entries.append(page[name].as_array_mut().expect("a list"));
        let Some(next) = page["next"].as_str() else { return entries };
        query = format!("?after={next}");
    }
}

/// Whether the key of this write is revoked.
fn revokes(write: &Write) -> bool {
    write.number.is_multiple_of(2)
}

/// Issues a key with three uses, takes one, and revokes every other key.
fn write_key(caller: &Caller, write: &Write) -> bool {
    let issued = caller.try_send("POST", "/v1/keys", &json!({"name": write.name(), "remaining": 3}));
    if !is(issued.as_ref(), 201) {
        return false;
    }
    let issued = issued.expect("an answer").json();
    let verified = caller.try_send("POST", "/v1/keys/verify", &json!({"key": issued["key"]}));
    if !is(verified.as_ref(), 200) {
        return false;
    }
    let path = format!("/v1/keys/{}", issued["id"].as_str().expect("an id"));
    !revokes(write) || is(caller.try_ask("DELETE", &path).as_ref(), 204)
}

fn lost_keys(caller: &Caller, acknowledged: &[Write]) -> Vec<String> {
    let keys = all(caller, "/v1/keys", "keys");
    let keys: BTreeMap<&str, &Value> = keys.iter().map(|key| (key["name"].as_str().expect("text"), key)).collect();
    let is_kept = |write: &Write| {
        let key = keys.get(write.name().as_str());
        key.is_some_and(|key| key["remaining"] == 2 && key["revoked_at"].is_u64() == revokes(write))
    };
    acknowledged.iter().filter(|write| !is_kept(write)).map(Write::name).collect()
}

fn event(write: &Write) -> Value {
    json!({"id": write.name(), "key": format!("k{}", write.writer), "time": *NOW, "count": 1})
}

fn write_event(caller: &Caller, write: &Write) -> bool {
    is(caller.try_send("POST", "/v1/usage", &json!({"events": [event(write)]})).as_ref(), 200)
}

/// What is counted once more when it is sent again was lost.
fn lost_events(caller: &Caller, acknowledged: &[Write]) -> Vec<String> {
    let mut lost = Vec::new();
    for batch in acknowledged.chunks(1000) {
        let events: Vec<Value> = batch.iter().map(event).collect();
        let answer = caller.send("POST", "/v1/usage", &json!({"events": events})).json();
        if answer != json!({"accepted": 0, "duplicates": batch.len()}) {
            lost.push(format!("{answer} of {}", batch.len()));
        }
    }
    // Not less, and more only by what was not acknowledged: one write of each writer and round.
    let totals = caller.ask("GET", "/v1/usage").json();
    let counts = totals["totals"].as_array().expect("a list").iter().map(|total| total["count"].as_u64());
    let counted = usize::try_from(counts.map(|count| count.expect("a count")).sum::<u64>()).expect("a small number");
    let most = acknowledged.len() + WRITERS * ROUNDS as usize;
    if !(acknowledged.len()..=most).contains(&counted) {
        lost.push(format!("{counted} counted, {} acknowledged", acknowledged.len()));
    }
    lost
}

fn request(caller: &Caller, write: &Write) -> Option<Answer> {
    let name = write.name();
    let document = json!({"host": format!("{name}.example"), "upstreams": ["127.0.0.1:1"], "replicas": 1});
    let headers = [("content-type", "application/json"), ("idempotency-key", name.as_str())];
    caller.try_send_with("POST", "/v1/deployments", &headers, document.to_string())
}

fn write_request(caller: &Caller, write: &Write) -> bool {
    is(request(caller, write).as_ref(), 202)
}

fn lost_requests(caller: &Caller, acknowledged: &[Write]) -> Vec<String> {
    let kept = all(caller, "/v1/deployments", "deployments");
    let kept: BTreeMap<&str, &Value> = kept.iter().map(|one| (one["host"].as_str().expect("a host"), one)).collect();
    let found = |write: &Write| kept.get(format!("{}.example", write.name()).as_str()).copied();
    let mut lost: Vec<String> = acknowledged.iter().filter(|write| found(write).is_none()).map(Write::name).collect();
    // The keys are kept too: the same request again is the same deployment.
    for write in acknowledged.iter().rev().take(20) {
        let again = request(caller, write).expect("an answer");
        let is_same = again.status == 200 && found(write).is_some_and(|kept| again.json()["id"] == kept["id"]);
        if !is_same {
            lost.push(format!("the key of {}: {again:?}", write.name()));
        }
    }
    lost
}

/// Krane has room for a thousand hosts: each writer goes round a few of its own.
fn host(write: &Write) -> String {
    format!("w{}-{}.example", write.writer, write.number % 50)
}

fn write_deployment(caller: &Caller, write: &Write) -> bool {
    let document = json!({"deployment": write.number.to_string(), "upstreams": ["127.0.0.1:1"], "replicas": 1});
    is(caller.try_send("PUT", &format!("/v1/deployments/{}", host(write)), &document).as_ref(), 200)
}

/// A host has what was acknowledged last, or what was on its way after that.
fn lost_deployments(caller: &Caller, acknowledged: &[Write]) -> Vec<String> {
    let kept = all(caller, "/v1/deployments", "deployments");
    let number = |one: &Value| one["deployment"].as_str().and_then(|id| id.parse::<usize>().ok());
    let kept: BTreeMap<&str, Option<usize>> =
        kept.iter().map(|one| (one["host"].as_str().expect("a host"), number(one))).collect();
    let is_kept = |write: &&Write| {
        let number = kept.get(host(write).as_str()).copied().flatten();
        number.is_some_and(|number| number >= write.number)
    };
    acknowledged
        .iter()
        .filter(|write| !is_kept(write))
        .map(|write| format!("{} {}", host(write), write.number))
        .collect()
}
