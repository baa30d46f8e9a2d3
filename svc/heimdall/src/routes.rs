//! What heimdall answers under `/v1`. Health, version, metrics and refusals are `runtime`'s.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::routing::post;
use axum::{Json, Router};
use runtime::{Clock, JsonBody, Refusal, Secret};
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::event::{self, Event};
use crate::ledger::{Filter, LARGEST_ANSWER, Ledger, Recorded, Total, Uncountable};
use crate::series::Series;

/// What a route may use.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    clock: Arc<dyn Clock>,
    ledger: Ledger,
    series: Series,
}

impl Context {
    pub(crate) fn new(clock: Arc<dyn Clock>, ledger: Ledger, series: Series) -> Self {
        Self { clock, ledger, series }
    }
}

/// Every path of heimdall, for those who have the token.
pub(crate) fn router(context: Context, token: &Secret) -> Router {
    let routes = Router::new().route("/v1/usage", post(record).get(show));
    runtime::require_bearer(routes, token).with_state(context)
}

/// The body of `POST /v1/usage`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    events: Vec<Event>,
}

/// The answer of `POST /v1/usage`.
#[derive(Debug, Serialize)]
struct Counted {
    /// How many events are in the totals now that were not before.
    accepted: usize,
    /// How many were in them already, or more than once in the batch.
    duplicates: usize,
}

async fn record(State(context): State<Context>, JsonBody(batch): JsonBody<Batch>) -> Result<Json<Counted>, Refusal> {
    let now = context.clock.milliseconds();
    event::check(&batch.events, now).map_err(Refusal::bad_request)?;
    // A task of its own: a caller that hangs up after the commit must not keep the metrics from what was counted.
    let counting = tokio::spawn(async move {
        let recorded = context.ledger.record(batch.events, now).await??;
        for (key, count) in &recorded.added {
            context.series.add(key, *count);
        }
        Ok::<Recorded, Refusal>(recorded)
    });
    let recorded = counting.await.map_err(|error| Refusal::internal("count the events", &error))??;
    Ok(Json(Counted { accepted: recorded.accepted, duplicates: recorded.duplicates }))
}

impl From<Uncountable> for Refusal {
    fn from(uncountable: Uncountable) -> Self {
        match uncountable {
            Uncountable::TooOld { .. } => Self::bad_request(uncountable.to_string()),
            Uncountable::TooLarge { .. } => Self::conflict(uncountable.to_string()),
        }
    }
}

/// The query of `GET /v1/usage`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    key: Option<String>,
    from: Option<Day>,
    to: Option<Day>,
}

/// The answer of `GET /v1/usage`.
#[derive(Debug, Serialize)]
struct Totals {
    totals: Vec<Total>,
}

async fn show(
    State(context): State<Context>,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<Json<Totals>, Refusal> {
    let Query(question) = question?;
    let (from, to) = (question.from.unwrap_or(Day::FIRST), question.to.unwrap_or(Day::LAST));
    if from > to {
        return Err(Refusal::bad_request("`from` must not be after `to`"));
    }
    let filter = Filter { key: question.key, from, to };
    // Without a key every total is looked at: that takes longer than a thread that serves others has.
    let reading = tokio::task::spawn_blocking(move || context.ledger.totals(&filter));
    let totals = reading.await.map_err(|error| Refusal::internal("read the totals", &error))??;
    let too_many =
        || Refusal::bad_request(format!("these are more than `{LARGEST_ANSWER}` totals, narrow `key`, `from` or `to`"));
    Ok(Json(Totals { totals: totals.ok_or_else(too_many)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::{Duration, UNIX_EPOCH};

    use axum::body::{self, Body};
    use axum::http::{Method, Request, header};
    use runtime::{Health, Metrics, TestClock};
    use serde_json::{Value, json};
    use tempfile::TempDir;
    use tower::ServiceExt as _;

    /// 2026-07-01T10:00:00Z.
    const NOW: u64 = 1_782_900_000_000;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    struct Fixture {
        routes: Router,
        _folder: TempDir,
    }

    fn fixture() -> Fixture {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(TestClock::at(UNIX_EPOCH + Duration::from_millis(NOW)));
        let remember = Duration::from_hours(7 * 24);
        let ledger = Ledger::open(folder.path(), remember, &Health::default()).expect("opened");
        let series = Series::new(&Metrics::default(), ledger.totals_by_key().expect("read"));
        let token = Secret::new("open sesame".to_owned());
        Fixture { routes: router(Context::new(clock, ledger, series), &token), _folder: folder }
    }

    impl Fixture {
        async fn ask(&self, method: Method, address: &str, token: &str, body: String) -> (u16, Value) {
            let request = Request::builder()
                .method(method)
                .uri(address)
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body))
                .expect("a request");
            let response = self.routes.clone().oneshot(request).await.expect("an answer");
            let status = response.status().as_u16();
            let bytes = body::to_bytes(response.into_body(), 16 << 20).await.expect("a body");
            (status, serde_json::from_slice(&bytes).expect("JSON"))
        }

        async fn post(&self, batch: Value) -> (u16, Value) {
            self.ask(Method::POST, "/v1/usage", "open sesame", batch.to_string()).await
        }

        async fn get(&self, query: &str) -> (u16, Value) {
            self.ask(Method::GET, &format!("/v1/usage{query}"), "open sesame", String::new()).await
        }
    }

    fn event(id: &str, key: &str, time: u64, count: u64) -> Value {
        json!({"id": id, "key": key, "time": time, "count": count})
    }

    #[tokio::test]
    async fn an_event_counts_once() {
        let fixture = fixture();
        let batch = json!({"events": [event("1", "a", NOW, 2), event("2", "b", NOW, 1), event("1", "a", NOW, 2)]});
        assert_eq!(fixture.post(batch.clone()).await, (200, json!({"accepted": 2, "duplicates": 1})));
        assert_eq!(fixture.post(batch).await, (200, json!({"accepted": 0, "duplicates": 3})));
        let batch = json!({"events": [event("3", "a", NOW, 5), event("2", "b", NOW, 1)]});
        assert_eq!(fixture.post(batch).await, (200, json!({"accepted": 1, "duplicates": 1})));
        let totals = json!([
            {"key": "a", "day": "2026-07-01", "count": 7},
            {"key": "b", "day": "2026-07-01", "count": 1}
        ]);
        assert_eq!(fixture.get("").await, (200, json!({"totals": totals})));
    }

    #[tokio::test]
    async fn two_requests_with_the_same_batch_at_once_count_once() {
        let fixture = Arc::new(fixture());
        let batch = json!({"events": [event("1", "a", NOW, 1), event("2", "a", NOW, 1)]});
        let requests: Vec<_> = (0..16)
            .map(|_| {
                let (fixture, batch) = (fixture.clone(), batch.clone());
                tokio::spawn(async move { fixture.post(batch).await.1["accepted"].as_u64().expect("a number") })
            })
            .collect();
        let mut accepted = 0;
        for request in requests {
            accepted += request.await.expect("no panic");
        }
        assert_eq!(accepted, 2);
        assert_eq!(fixture.get("").await.1["totals"][0]["count"], 2);
    }

    #[tokio::test]
    async fn totals_are_narrowed_by_key_and_days() {
        let fixture = fixture();
        let midnight = NOW - 10 * 60 * 60 * 1000;
        let batch = json!({"events": [
            event("1", "a", midnight - 1, 1),
            event("2", "a", midnight, 2),
            event("3", "b", midnight + DAY - 1, 4),
            event("4", "a", midnight + DAY, 8),
        ]});
        assert_eq!(fixture.post(batch).await, (200, json!({"accepted": 4, "duplicates": 0})));
        let cases = [
            ("?key=a", vec![1, 2, 8]),
            ("?key=b", vec![4]),
            ("?key=c", vec![]),
            ("?from=2026-07-01&to=2026-07-01", vec![2, 4]),
            ("?key=a&from=2026-07-01", vec![2, 8]),
            ("?to=2026-06-30", vec![1]),
        ];
        for (query, expected) in cases {
            let (status, answer) = fixture.get(query).await;
            let totals = answer["totals"].as_array().expect("a list");
            let counts: Vec<u64> = totals.iter().filter_map(|total| total["count"].as_u64()).collect();
            assert_eq!((status, counts), (200, expected), "{query}");
        }
        for wrong in ["?from=2026-07-02&to=2026-07-01", "?from=yesterday", "?form=2026-07-01"] {
            assert_eq!(fixture.get(wrong).await.0, 400, "{wrong}");
        }
    }

    #[tokio::test]
    async fn nothing_of_a_refused_batch_is_counted() {
        let fixture = fixture();
        let right = event("1", "a", NOW, 1);
        let refused = [
            (json!({"events": []}), "`events` must hold"),
            (json!({"events": vec![right.clone(); 1001]}), "not `1001`"),
            (json!({"events": [right.clone(), event("2", "a", NOW, 0)]}), "`count` of the event `2`"),
            (json!({"events": [right.clone(), event("2", "a", NOW, 1_000_000_001)]}), "`count` of the event `2`"),
            (
                json!({"events": [right.clone(), event("2", "a", NOW + DAY + 1, 1)]}),
                "`time` of the event `2` is more than a day",
            ),
            (
                json!({"events": [right.clone(), event("2", "a", NOW - 7 * DAY - 1, 1)]}),
                "`time` of the event `2` is too long ago",
            ),
            (json!({"events": [right.clone(), event("2", "", NOW, 1)]}), "`key` of the event `2`"),
            (json!({"events": [right.clone()], "evnts": []}), "unknown field `evnts`"),
            (json!({"events": [right.clone(), {"id": "2"}]}), "missing field `key`"),
            (json!([]), "the body is refused"),
        ];
        for (batch, part) in refused {
            let (status, problem) = fixture.post(batch).await;
            assert_eq!(status, 400, "{problem}");
            assert!(problem["detail"].as_str().expect("text").contains(part), "{part}: {problem}");
        }
        assert_eq!(fixture.get("").await, (200, json!({"totals": []})));
    }

    #[tokio::test]
    async fn only_the_token_opens() {
        let fixture = fixture();
        let batch = json!({"events": [event("1", "a", NOW, 1)]}).to_string();
        assert_eq!(fixture.ask(Method::POST, "/v1/usage", "wrong", batch).await.0, 401);
        assert_eq!(fixture.ask(Method::GET, "/v1/usage", "wrong", String::new()).await.0, 401);
        assert_eq!(fixture.get("").await, (200, json!({"totals": []})));
    }
}
