//! Reports the use of keys to heimdall, beside the requests and never before their answers.
//!
//! Events wait in memory and go out in batches. Each has an id, so that a batch whose answer was lost is sent again and
//! still counts once. While heimdall is away the oldest events give way to new ones; how many is counted in `/metrics`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Method;
use runtime::{Call, Client, ClientError, IntCounter, Metrics};
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time;
use tracing::{info, warn};
use uuid::Uuid;

/// How many events one request holds: as many as heimdall takes.
const BATCH: usize = 1000;

/// How many events wait, about 10 MB of memory.
const CAPACITY: usize = 50_000;

/// How long events are gathered before they go out: one request for many of them.
const GATHER: Duration = Duration::from_millis(200);

/// Between two attempts while heimdall does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a service that stops waits for heimdall at most. Shorter than the usual grace period, so that a heimdall
/// that is away does not make a stop look as if requests had been lost.
const FLUSH: Duration = Duration::from_secs(5);

/// One verification, as heimdall takes it.
#[derive(Debug, Serialize)]
struct Event {
    id: Uuid,
    key: String,
    time: u64,
    count: u64,
}

/// The body of a request to heimdall.
#[derive(Debug, Serialize)]
struct Batch {
    events: Vec<Event>,
}

/// What waits.
#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Event>,
    /// How many were taken out and are not counted by heimdall yet.
    in_flight: usize,
    /// Nothing is added any more.
    is_closed: bool,
}

#[derive(Debug)]
struct Queue {
    waiting: Mutex<Waiting>,
    news: Notify,
    dropped: IntCounter,
}

/// Where verifications are noted. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Reports {
    queue: Arc<Queue>,
}

/// The task that sends.
#[derive(Debug)]
pub(crate) struct Reporter {
    queue: Arc<Queue>,
    task: JoinHandle<()>,
}

/// Starts to report.
pub(crate) fn start(client: Client, metrics: &Metrics) -> (Reports, Reporter) {
    let help = "Verifications that heimdall was not told of, because it was away too long or refused them.";
    let dropped = metrics.counter("usage_events_dropped_total", help);
    let queue = Arc::new(Queue { waiting: Mutex::default(), news: Notify::new(), dropped });
    let task = tokio::spawn(send_all(queue.clone(), client));
    (Reports { queue: queue.clone() }, Reporter { queue, task })
}

impl Reports {
    /// Notes a verification of the key with the id `key` at the time `now`, in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn note(&self, key: &str, now: u64) {
        let event = Event { id: Uuid::new_v4(), key: key.to_owned(), time: now, count: 1 };
        let mut waiting = self.queue.lock();
        if waiting.events.len() == CAPACITY {
            waiting.events.pop_front();
            self.queue.dropped.inc();
        }
        waiting.events.push_back(event);
        drop(waiting);
        self.queue.news.notify_one();
    }
}

impl Reporter {
    /// Sends what waits, and ends. What heimdall does not take in time is lost.
    pub(crate) async fn finish(self) {
        self.queue.lock().is_closed = true;
        self.queue.news.notify_one();
        let stop = self.task.abort_handle();
        // Neither an end by time nor by a panic, which has been said, changes what is lost.
        let _ = time::timeout(FLUSH, self.task).await;
        stop.abort();
        let waiting = self.queue.lock();
        let lost = waiting.events.len() + waiting.in_flight;
        if lost > 0 {
            warn!(lost, "heimdall was not told of all verifications");
        }
    }
}

/// Ends when the queue is closed and either empty or without a heimdall that answers.
async fn send_all(queue: Arc<Queue>, client: Client) {
    while let Some(events) = queue.next().await {
        let call = Call::new(Method::POST, "/v1/usage").json(&Batch { events });
        let mut is_away = false;
        while let Err(error) = client.send(&call).await {
            if is_final(&error) {
                let refused = queue.lock().in_flight;
                queue.dropped.inc_by(u64::try_from(refused).unwrap_or(u64::MAX));
                warn!(refused, why = %error.problem, "heimdall refuses verifications");
                break;
            }
            if queue.lock().is_closed {
                return;
            }
            if !is_away {
                warn!(why = %error.problem, "heimdall does not answer, verifications wait");
            }
            is_away = true;
            time::sleep(PAUSE).await;
        }
        queue.lock().in_flight = 0;
        if is_away {
            info!("heimdall answers again");
        }
    }
}

/// Whether the same batch would be refused again. A wrong token is none of these: it may be set right.
fn is_final(error: &ClientError) -> bool {
    error.problem.status().is_some_and(|status| matches!(status.as_u16(), 400 | 409 | 413))
}

impl Queue {
    /// The next batch; nothing once the queue is closed and empty.
    async fn next(&self) -> Option<Vec<Event>> {
        while let (0, false) = self.state() {
            self.news.notified().await;
        }
        if let (..BATCH, false) = self.state() {
            time::sleep(GATHER).await;
        }
        let mut waiting = self.lock();
        let count = waiting.events.len().min(BATCH);
        waiting.in_flight = count;
        (count > 0).then(|| waiting.events.drain(..count).collect())
    }

    /// How many wait, and whether nothing is added any more.
    fn state(&self) -> (usize, bool) {
        let waiting = self.lock();
        (waiting.events.len(), waiting.is_closed)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::collections::HashMap;
    use std::net::SocketAddr;

    use axum::Router;
    use axum::extract::State;
    use axum::http::StatusCode;
    use axum::routing::post;
    use runtime::{JsonBody, Upstream};
    use serde_json::Value;
    use tokio::net::TcpListener;

    const NOW: u64 = 1_782_900_000_000;

    /// Only a test that fails waits this long.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// What stands in for heimdall: it remembers each event by its id, as heimdall does.
    #[derive(Clone, Debug, Default)]
    struct Heimdall {
        inner: Arc<Mutex<Received>>,
    }

    #[derive(Debug, Default)]
    struct Received {
        /// How often each id arrived.
        ids: HashMap<String, usize>,
        /// The sizes of the batches.
        batches: Vec<usize>,
        /// How the next requests are answered after their events were taken, last first.
        answers: Vec<StatusCode>,
    }

    impl Heimdall {
        /// Serves on `address` for as long as the handle is held.
        async fn serve(&self, address: SocketAddr) -> (SocketAddr, JoinHandle<()>) {
            let listener = TcpListener::bind(address).await.expect("bound");
            let address = listener.local_addr().expect("bound");
            let routes = Router::new().route("/v1/usage", post(take)).with_state(self.clone());
            (address, tokio::spawn(async move { axum::serve(listener, routes).await.expect("served") }))
        }

        fn received(&self) -> MutexGuard<'_, Received> {
            self.inner.lock().expect("not poisoned")
        }

        async fn has(&self, count: usize) {
            let arrives = async {
                while self.received().ids.len() < count {
                    time::sleep(Duration::from_millis(10)).await;
                }
            };
            time::timeout(PATIENCE, arrives).await.expect("all arrive");
            assert_eq!(self.received().ids.len(), count);
        }
    }

    async fn take(State(heimdall): State<Heimdall>, JsonBody(batch): JsonBody<Value>) -> (StatusCode, &'static str) {
        let mut received = heimdall.received();
        let events = batch["events"].as_array().expect("a list");
        received.batches.push(events.len());
        for event in events {
            assert_eq!((&event["count"], &event["time"]), (&Value::from(1), &Value::from(NOW)));
            assert!(event["key"].as_str().expect("text").starts_with("key-"));
            *received.ids.entry(event["id"].as_str().expect("text").to_owned()).or_default() += 1;
        }
        (received.answers.pop().unwrap_or(StatusCode::OK), "{}")
    }

    fn report_to(address: SocketAddr) -> (Reports, Reporter) {
        start(Client::new(Upstream::at("heimdall", address)), &Metrics::default())
    }

    /// An address where nobody listens.
    async fn nowhere() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        listener.local_addr().expect("bound")
    }

    #[tokio::test]
    async fn what_was_noted_arrives_once_and_in_batches() {
        let heimdall = Heimdall::default();
        let (address, _server) = heimdall.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let (reports, reporter) = report_to(address);
        for number in 0..2500 {
            reports.note(&format!("key-{}", number % 3), NOW);
        }
        heimdall.has(2500).await;
        assert_eq!(heimdall.received().batches, [1000, 1000, 500]);
        assert!(heimdall.received().ids.values().all(|times| *times == 1));
        reporter.finish().await;
        assert_eq!(reports.queue.dropped.get(), 0);
    }

    #[tokio::test]
    async fn a_heimdall_that_comes_back_counts_nothing_twice() {
        let heimdall = Heimdall::default();
        let address = nowhere().await;
        let (reports, reporter) = report_to(address);
        reports.note("key-1", NOW);
        // Longer than the client tries of itself.
        time::sleep(Duration::from_secs(2)).await;
        reports.note("key-2", NOW);
        // Its first answers are lost on the way: it has counted, and the sender cannot know.
        heimdall.received().answers = vec![StatusCode::SERVICE_UNAVAILABLE; 2];
        heimdall.serve(address).await;
        heimdall.has(2).await;
        reporter.finish().await;
        assert!(heimdall.received().answers.is_empty(), "all answers were lost that should be");
        assert!(heimdall.received().ids.values().any(|times| *times > 1), "sent again with the same id");
        assert_eq!(heimdall.received().ids.len(), 2);
        assert_eq!(reports.queue.dropped.get(), 0);
    }

    #[tokio::test]
    async fn the_oldest_give_way_and_are_counted() {
        let (reports, reporter) = report_to(nowhere().await);
        for _ in 0..CAPACITY + 7 {
            reports.note("key-1", NOW);
        }
        assert_eq!((reports.queue.state().0, reports.queue.dropped.get()), (CAPACITY, 7));
        // Nobody waits longer for a heimdall that is away than the usual grace period.
        time::timeout(Duration::from_secs(20), reporter.finish()).await.expect("ends");
    }

    #[tokio::test]
    async fn a_stop_sends_what_waits() {
        let heimdall = Heimdall::default();
        let (address, _server) = heimdall.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let (reports, reporter) = report_to(address);
        for _ in 0..1500 {
            reports.note("key-1", NOW);
        }
        reporter.finish().await;
        assert_eq!(heimdall.received().ids.len(), 1500);
    }

    #[tokio::test]
    async fn a_batch_that_is_refused_for_good_does_not_hold_up_the_next() {
        let heimdall = Heimdall::default();
        heimdall.received().answers = vec![StatusCode::BAD_REQUEST];
        let (address, _server) = heimdall.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let (reports, _reporter) = report_to(address);
        reports.note("key-1", NOW);
        heimdall.has(1).await;
        reports.note("key-2", NOW);
        heimdall.has(2).await;
        assert_eq!(reports.queue.dropped.get(), 1);
    }
}
