//! How much of a service one caller can take: bytes, time and connections.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tokio::time;

use crate::problems::Problems;
use crate::refusal::Refusal;

/// What the file says about limits, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsFile {
    body_bytes: Option<u64>,
    connections: Option<u64>,
    header_seconds: Option<u64>,
    request_seconds: Option<u64>,
    write_seconds: Option<u64>,
}

/// The limits of one service's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `limits.body_bytes`: the largest body of a request, 1 to 1,073,741,824 bytes, by default 1 MiB.
    pub body_bytes: usize,
    /// `limits.connections`: how many may be open at once, 1 to 1,000,000, by default 16384, and no more than half of the
    /// files that the process may open. A later one takes the place of one that is idle, or waits.
    pub connections: usize,
    /// `limits.header_seconds`: how long a connection may take for a request's head, also while it is idle between two
    /// requests, 1 to 3600 s, by default 60.
    pub header: Duration,
    /// `limits.request_seconds`: how long a request may take from its head to its answer's, 1 to 3600 s, by default 30.
    pub request: Duration,
    /// How long a drain waits for a peer that does not go on with its request or its answer: 2 s, or a quarter of
    /// `shutdown_grace_seconds` where that is less. What has not arrived by then was never accepted.
    pub unfinished: Duration,
    /// `limits.write_seconds`: how long a peer may take nothing of what is written to it, 1 to 3600 s, by default 60.
    pub write: Duration,
}

/// The longest wait for a peer that does not go on while the service drains.
const UNFINISHED: Duration = Duration::from_secs(2);

impl Limits {
    /// Checks every key, and notes each that is refused. `grace` is how long a drain may take.
    pub(crate) fn check(file: &LimitsFile, grace: Duration, problems: &mut Problems) -> Option<Self> {
        let mut check = |key: &str, value: Option<u64>, default: u64, range: RangeInclusive<u64>| {
            problems.check(&format!("limits.{key}"), in_range(value.unwrap_or(default), &range))
        };
        let body_bytes = check("body_bytes", file.body_bytes, 1 << 20, 1..=1 << 30);
        let connections = check("connections", file.connections, 16384, 1..=1_000_000);
        let header = check("header_seconds", file.header_seconds, 60, 1..=3600);
        let request = check("request_seconds", file.request_seconds, 30, 1..=3600);
        let write = check("write_seconds", file.write_seconds, 60, 1..=3600);
        Some(Self {
            body_bytes: usize::try_from(body_bytes?).ok()?,
            connections: usize::try_from(connections?).ok()?,
            header: Duration::from_secs(header?),
            request: Duration::from_secs(request?),
            unfinished: UNFINISHED.min(grace / 4),
            write: Duration::from_secs(write?),
        })
    }
}

/// A number that lies in `range`.
///
/// # Errors
///
/// When it does not; the message continues a key's name.
pub fn in_range(value: u64, range: &RangeInclusive<u64>) -> Result<u64, String> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(format!("must be `{}` to `{}`, not `{value}`", range.start(), range.end()))
}

/// Refuses a request that is not answered in time. What it was doing ends at its next wait.
pub(crate) async fn limit_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let Ok(response) = time::timeout(limit, next.run(request)).await else {
        let detail = format!("the request was not done within the `{}` s of `limits.request_seconds`", limit.as_secs());
        return Refusal::new(StatusCode::REQUEST_TIMEOUT, detail).into_response();
    };
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::future::pending;

    use axum::body::Body;
    use axum::routing::get;
    use axum::{Router, middleware};
    use tower::ServiceExt as _;

    #[test]
    fn defaults_and_bounds() {
        let check = |toml: &str| {
            let mut problems = Problems::default();
            let limits =
                Limits::check(&toml::from_str(toml).expect("right types"), Duration::from_secs(4), &mut problems);
            (limits, problems.into_found())
        };
        let (limits, found) = check("");
        let limits = limits.expect("valid");
        assert!(found.is_empty());
        assert_eq!((limits.body_bytes, limits.connections), (1_048_576, 16384));
        assert_eq!((limits.header.as_secs(), limits.request.as_secs()), (60, 30));
        assert_eq!((limits.unfinished.as_secs(), limits.write.as_secs()), (1, 60));
        let (_, found) =
            check("body_bytes = 0\nconnections = 0\nheader_seconds = 3601\nrequest_seconds = 0\nwrite_seconds = 0\n");
        let keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        let all = ["body_bytes", "connections", "header_seconds", "request_seconds", "write_seconds"];
        assert_eq!(keys, all.map(|key| format!("limits.{key}")));
        assert_eq!(found[2].1, "must be `1` to `3600`, not `3601`");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_refused() {
        let slow = Router::new().route("/", get(async || pending::<()>().await));
        let limited = slow.layer(middleware::from_fn_with_state(Duration::from_secs(3), limit_time));
        let request = Request::get("/").body(Body::empty()).expect("a request");
        assert_eq!(limited.oneshot(request).await.expect("an answer").status(), 408);
    }
}
