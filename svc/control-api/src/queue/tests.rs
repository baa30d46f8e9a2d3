//! The life of deployments, with a clock that the tests move.

use std::time::UNIX_EPOCH;

use runtime::{Health, TestClock};
use serde_json::json;
use tempfile::TempDir;

use super::*;

const LEASE: Duration = Duration::from_secs(30);
const MILLISECOND: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_hours(24);

/// A queue in a folder of its own, which outlives the queue.
struct Fixture {
    folder: TempDir,
    clock: Arc<TestClock>,
    queue: Queue,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(TestClock::at(UNIX_EPOCH + 1000 * DAY));
        let queue = open(&folder, clock.clone());
        Self { folder, clock, queue }
    }

    /// The same after an end without a farewell.
    fn reopened(self) -> Self {
        let Self { folder, clock, queue } = self;
        drop(queue);
        let queue = open(&folder, clock.clone());
        Self { folder, clock, queue }
    }

    /// A deployment whose key is new.
    async fn request(&self, key: &str, host: &str) -> Deployment {
        match self.queue.request(key.to_owned(), wanted(host)).await.expect("written") {
            Requested::New(deployment) => deployment,
            other => panic!("not new: {other:?}"),
        }
    }

    async fn lease(&self) -> Option<Lease> {
        self.queue.lease().await.expect("written")
    }

    async fn end(&self, lease: &Lease, outcome: Outcome) -> Result<(), Lost> {
        self.queue.end(id(lease), outcome, Some("said so".to_owned())).await.expect("written")
    }

    async fn heartbeat(&self, lease: &Lease) -> Result<u64, Lost> {
        self.queue.heartbeat(id(lease)).await.expect("written")
    }

    fn get(&self, id: &str) -> Option<Deployment> {
        self.queue.get(id).expect("read")
    }

    /// State, attempts and detail.
    fn shown(&self, deployment: &Deployment) -> (State, u32, Option<String>) {
        let Deployment { state, attempts, detail, .. } = self.get(&deployment.id).expect("there");
        (state, attempts, detail)
    }
}

fn open(folder: &TempDir, clock: Arc<TestClock>) -> Queue {
    let store = Store::open(folder.path(), "control-api", tables::create, &Health::default()).expect("opened");
    let rules = Rules { lease: LEASE, max_attempts: 3, keep: 30 * DAY };
    Queue::new(store, clock, rules, &Metrics::default()).expect("read")
}

fn wanted(host: &str) -> Wanted {
    serde_json::from_value(json!({"host": host, "upstreams": ["app:80"], "replicas": 1})).expect("right types")
}

fn id(lease: &Lease) -> LeaseId {
    LeaseId::parse(&lease.id).expect("a lease's id")
}

#[tokio::test]
async fn the_same_request_at_the_same_time_is_one_deployment() {
    let fixture = Fixture::new();
    let requests = (0..20).map(|_| {
        let queue = fixture.queue.clone();
        tokio::spawn(async move { queue.request("key".to_owned(), wanted("a.example")).await.expect("written") })
    });
    let (mut new, mut before) = (Vec::new(), Vec::new());
    for request in requests.collect::<Vec<_>>() {
        match request.await.expect("no panic") {
            Requested::New(deployment) => new.push(deployment),
            Requested::Before(deployment) => before.push(deployment),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((new.len(), before.len()), (1, 19));
    assert!(before.iter().all(|deployment| *deployment == new[0]));
    assert_eq!(fixture.queue.list(None, 10).expect("read"), Some(new));
}

#[tokio::test]
async fn a_key_belongs_to_one_request_also_after_its_end() {
    let fixture = Fixture::new();
    let deployment = fixture.request("key", "a.example").await;
    let lease = fixture.lease().await.expect("due");
    fixture.end(&lease, Outcome::Succeeded).await.expect("held");
    let other = fixture.queue.request("key".to_owned(), wanted("b.example")).await.expect("written");
    assert_eq!(other, Requested::KeyTaken);
    let again = fixture.queue.request("key".to_owned(), wanted("a.example")).await.expect("written");
    assert_eq!(again, Requested::Before(fixture.get(&deployment.id).expect("there")));
    assert_eq!(fixture.lease().await, None);
}

#[tokio::test]
async fn workers_that_ask_at_once_never_get_the_same() {
    let fixture = Fixture::new();
    for number in 0..20 {
        fixture.request(&format!("key-{number}"), &format!("host-{number}")).await;
    }
    let workers = (0..30).map(|_| {
        let queue = fixture.queue.clone();
        tokio::spawn(async move { queue.lease().await.expect("written") })
    });
    let mut leased = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        leased.extend(worker.await.expect("no panic").map(|lease| lease.deployment.id));
    }
    assert_eq!(leased.len(), 20);
    leased.sort();
    leased.dedup();
    assert_eq!(leased.len(), 20, "leased twice");
}

#[tokio::test]
async fn the_oldest_comes_first_and_one_host_after_the_other() {
    let fixture = Fixture::new();
    let mut ids = Vec::new();
    for (key, host) in [("1", "a.example"), ("2", "a.example"), ("3", "b.example")] {
        ids.push(fixture.request(key, host).await.id);
    }
    let first = fixture.lease().await.expect("due");
    let second = fixture.lease().await.expect("due");
    assert_eq!([&first.deployment.id, &second.deployment.id], [&ids[0], &ids[2]]);
    assert_eq!(fixture.lease().await, None, "two of one host at once");
    // Also while the older one waits for its next attempt, or the order would be another.
    fixture.end(&first, Outcome::Retry).await.expect("held");
    assert_eq!(fixture.lease().await, None, "the younger before the older");
    fixture.clock.advance(Duration::from_secs(2));
    let first = fixture.lease().await.expect("due");
    assert_eq!((&first.deployment.id, first.attempt), (&ids[0], 2));
    fixture.end(&first, Outcome::Succeeded).await.expect("held");
    assert_eq!(fixture.lease().await.expect("due").deployment.id, ids[1]);
}

#[tokio::test]
async fn a_lease_that_runs_out_is_lost_and_given_to_another() {
    let fixture = Fixture::new();
    let deployment = fixture.request("key", "a.example").await;
    let lost = fixture.lease().await.expect("due");
    assert_eq!((lost.attempt, lost.expires_in_seconds, lost.deployment.state), (1, 30, State::Leased));
    fixture.clock.advance(LEASE.saturating_sub(MILLISECOND));
    assert_eq!(fixture.lease().await, None);
    fixture.clock.advance(MILLISECOND);
    let before = fixture.shown(&deployment);
    assert_eq!(fixture.heartbeat(&lost).await, Err(Lost));
    assert_eq!(fixture.end(&lost, Outcome::Succeeded).await, Err(Lost));
    assert_eq!(fixture.shown(&deployment), before);

    let held = fixture.lease().await.expect("due again");
    assert_eq!((held.attempt, &held.deployment.id), (2, &deployment.id));
    for outcome in [Outcome::Succeeded, Outcome::Retry, Outcome::Failed] {
        assert_eq!(fixture.end(&lost, outcome).await, Err(Lost));
    }
    assert_eq!(fixture.heartbeat(&lost).await, Err(Lost));
    let detail = Some("the lease of attempt `1` ran out".to_owned());
    assert_eq!(fixture.shown(&deployment), (State::Leased, 2, detail));
    fixture.end(&held, Outcome::Succeeded).await.expect("held");
    assert_eq!(fixture.shown(&deployment), (State::Succeeded, 2, Some("said so".to_owned())));
}

#[tokio::test]
async fn heartbeats_keep_a_lease() {
    let fixture = Fixture::new();
    fixture.request("key", "a.example").await;
    let lease = fixture.lease().await.expect("due");
    for _ in 0..5 {
        fixture.clock.advance(LEASE / 2);
        assert_eq!(fixture.heartbeat(&lease).await, Ok(30));
        assert_eq!(fixture.lease().await, None);
    }
    fixture.end(&lease, Outcome::Succeeded).await.expect("held");
    assert_eq!(fixture.heartbeat(&lease).await, Err(Lost));
}

#[tokio::test]
async fn a_result_that_is_said_twice_counts_once() {
    let fixture = Fixture::new();
    let deployment = fixture.request("key", "a.example").await;
    let lease = fixture.lease().await.expect("due");
    for _ in 0..2 {
        assert_eq!(fixture.end(&lease, Outcome::Retry).await, Ok(()));
        assert_eq!(fixture.shown(&deployment), (State::Queued, 1, Some("said so".to_owned())));
    }
    assert_eq!(fixture.end(&lease, Outcome::Failed).await, Err(Lost));
    assert_eq!(fixture.queue.open.get(), 1);
}

#[tokio::test]
async fn each_wait_is_twice_as_long_until_the_attempts_are_used_up() {
    let fixture = Fixture::new();
    let deployment = fixture.request("key", "a.example").await;
    for (attempt, wait) in [(1, 2), (2, 4)] {
        let lease = fixture.lease().await.expect("due");
        assert_eq!(lease.attempt, attempt);
        fixture.end(&lease, Outcome::Retry).await.expect("held");
        fixture.clock.advance(Duration::from_secs(wait).saturating_sub(MILLISECOND));
        assert_eq!(fixture.lease().await, None);
        fixture.clock.advance(MILLISECOND);
    }
    let lease = fixture.lease().await.expect("due");
    fixture.end(&lease, Outcome::Retry).await.expect("held");
    let detail = Some("given up after `3` attempts: said so".to_owned());
    assert_eq!(fixture.shown(&deployment), (State::Failed, 3, detail));
    assert_eq!(fixture.queue.open.get(), 0);
    assert_eq!((pause(1), pause(8), pause(9), pause(100)), (2_000, 256_000, 300_000, 300_000));
}

#[tokio::test]
async fn a_deployment_that_ends_its_workers_fails_and_does_not_hold_up_the_others() {
    let fixture = Fixture::new();
    let poisoned = fixture.request("1", "a.example").await;
    let next = fixture.request("2", "a.example").await;
    for attempt in 1..=3 {
        assert_eq!(fixture.lease().await.expect("due").attempt, attempt);
        fixture.clock.advance(LEASE);
    }
    assert_eq!(fixture.lease().await.expect("due").deployment.id, next.id);
    let detail = Some("given up after `3` attempts: the lease of attempt `3` ran out".to_owned());
    assert_eq!(fixture.shown(&poisoned), (State::Failed, 3, detail));
}

#[tokio::test]
async fn what_a_worker_calls_failed_is_not_tried_again() {
    let fixture = Fixture::new();
    let deployment = fixture.request("key", "a.example").await;
    let lease = fixture.lease().await.expect("due");
    fixture.end(&lease, Outcome::Failed).await.expect("held");
    assert_eq!(fixture.shown(&deployment), (State::Failed, 1, Some("said so".to_owned())));
    fixture.clock.advance(DAY);
    assert_eq!(fixture.lease().await, None);
}

#[tokio::test]
async fn another_start_finds_requests_leases_and_keys_as_they_were() {
    let fixture = Fixture::new();
    let deployment = fixture.request("1", "a.example").await;
    let waiting = fixture.request("2", "b.example").await;
    let lease = fixture.lease().await.expect("due");
    let fixture = fixture.reopened();
    assert_eq!(fixture.queue.open.get(), 2);
    assert_eq!(fixture.shown(&deployment), (State::Leased, 1, None));
    assert_eq!(fixture.lease().await.expect("due").deployment.id, waiting.id);
    assert_eq!(fixture.heartbeat(&lease).await, Ok(30));
    fixture.end(&lease, Outcome::Succeeded).await.expect("held");
    let fixture = fixture.reopened();
    let again = fixture.queue.request("1".to_owned(), wanted("a.example")).await.expect("written");
    assert_eq!(again, Requested::Before(fixture.get(&deployment.id).expect("there")));
    assert_eq!(fixture.shown(&deployment).0, State::Succeeded);
}

#[tokio::test]
async fn finished_deployments_are_kept_for_a_while_and_open_ones_for_ever() {
    let fixture = Fixture::new();
    let mut finished = Vec::new();
    for number in 0..3 {
        finished.push(fixture.request(&format!("key-{number}"), "a.example").await);
        let lease = fixture.lease().await.expect("due");
        fixture.end(&lease, Outcome::Succeeded).await.expect("held");
        fixture.clock.advance(DAY);
    }
    let open = fixture.request("open", "b.example").await;
    // The first ended 30 days ago, which is not yet longer than that.
    fixture.clock.advance(27 * DAY);
    fixture.request("1", "c.example").await;
    assert!(fixture.get(&finished[0].id).is_some());
    fixture.clock.advance(MILLISECOND);
    fixture.request("2", "c.example").await;
    assert_eq!(fixture.get(&finished[0].id), None);
    assert!(fixture.get(&finished[1].id).is_some());
    fixture.request("key-0", "d.example").await;
    fixture.clock.advance(1000 * DAY);
    fixture.request("3", "c.example").await;
    assert_eq!(fixture.get(&finished[2].id), None);
    assert!(fixture.get(&open.id).is_some());
}

#[tokio::test]
async fn a_full_queue_takes_nothing_more_until_one_is_finished() {
    let fixture = Fixture::new();
    let fill = |tables: &mut Tables<'_>, _| {
        (0..MOST_OPEN).try_for_each(|number| {
            let deployment = Deployment::new(wanted(&format!("host-{number}")));
            tables.add(&Record { deployment, idempotency_key: number.to_string(), outcome: None })
        })
    };
    fixture.queue.write(fill).await.expect("written");
    let more = || fixture.queue.request("more".to_owned(), wanted("more.example"));
    assert_eq!(more().await.expect("written"), Requested::Full);
    let again = fixture.queue.request("7".to_owned(), wanted("host-7")).await.expect("written");
    assert!(matches!(again, Requested::Before(_)), "{again:?}");
    let lease = fixture.lease().await.expect("due");
    fixture.end(&lease, Outcome::Succeeded).await.expect("held");
    assert!(matches!(more().await.expect("written"), Requested::New(_)));
}

#[test]
fn names_of_leases() {
    let id = LeaseId::parse("a.b.7").expect("a lease's id");
    assert_eq!((id.deployment.as_str(), id.attempt), ("a.b", 7));
    for text in ["", "a", "a.", "a.b", "a.-1", "a.4294967296"] {
        assert!(LeaseId::parse(text).is_none(), "{text}");
    }
}
