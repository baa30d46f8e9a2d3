//! When GitHub wants to be left alone, and for how long ("Rate limits for the REST API").
//!
//! Owns how its answers are read. How long is waited at most is `http_client`'s policy. Does not sleep and sends nothing.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_client::RetryPolicy;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use terminal::progress::Progress;

/// What GitHub calls its limits, also where a proxy takes the headers away; the last is what it called some of them once.
const LIMITS: [&str; 3] = ["secondary rate limit", "api rate limit exceeded", "abuse detection"];

/// The longest wait that is believed. GitHub counts by the hour; what is far more is another unit or a wrong clock.
const LONGEST: Duration = Duration::from_hours(24);

/// The shortest wait that is worth a request.
const SHORTEST: Duration = Duration::from_secs(1);

/// How long GitHub's limits are waited for, and who is told.
#[derive(Clone)]
pub struct Patience {
    /// The bounds; with a `total` of zero a limit is an error at once.
    pub policy: RetryPolicy,
    /// Who is told.
    pub progress: Arc<dyn Progress>,
}

impl Patience {
    /// As GitHub asks for it.
    #[must_use]
    pub fn of_a_job(progress: Arc<dyn Progress>) -> Self {
        Self { policy: RetryPolicy::RATE_LIMIT, progress }
    }

    /// For somebody who wants to know now.
    #[must_use]
    pub fn none(progress: Arc<dyn Progress>) -> Self {
        Self { policy: RetryPolicy { total: Duration::ZERO, ..RetryPolicy::RATE_LIMIT }, progress }
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Patience").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Whether an answer says that too much was asked. By 429 alone; by 403 only with a sign, because that also means "you may
/// not".
pub(super) fn is_limited(status: StatusCode, headers: &HeaderMap, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let has_a_sign =
        || is_used_up(headers) || headers.contains_key(RETRY_AFTER) || LIMITS.iter().any(|word| message.contains(word));
    status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::FORBIDDEN && has_a_sign()
}

/// How long an answer asks to wait: until `Retry-After`, else until the hour of the primary limit is over. Nothing where it
/// does not say. Times are compared with the server's clock, where it tells that: this machine's may be wrong.
pub(super) fn wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let now = text(headers.get(DATE)).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    let until = |time: SystemTime| time.duration_since(now).unwrap_or_default();
    if let Some(after) = text(headers.get(RETRY_AFTER)) {
        let seconds = after.parse().ok().map(Duration::from_secs);
        let wait = seconds.or_else(|| Some(until(httpdate::parse_http_date(after).ok()?)));
        return wait.map(|wait| wait.max(SHORTEST));
    }
    let reset = text(headers.get("x-ratelimit-reset")).filter(|_| is_used_up(headers))?;
    let reset = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(reset.parse().ok()?))?;
    // In whole seconds, and a request in the last one is a request too early.
    Some(until(reset) + SHORTEST).filter(|wait| *wait <= LONGEST)
}

/// A wait as people say it, rounded up.
pub(super) fn spoken(wait: Duration) -> String {
    let seconds = wait.as_secs_f64().ceil();
    if seconds < 120.0 { format!("{seconds} s") } else { format!("{} min", (seconds / 60.0).ceil()) }
}

fn is_used_up(headers: &HeaderMap) -> bool {
    text(headers.get("x-ratelimit-remaining")) == Some("0")
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_limit_is_told_from_a_lack_of_rights() {
        let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        for (status, lines, message, expected) in [
            (403, &[][..], secondary, true),
            (403, &[], "You have triggered an abuse detection mechanism.", true),
            (429, &[], "", true),
            (403, &[("x-ratelimit-remaining", "0")], "API rate limit exceeded for user ID 1.", true),
            (403, &[("retry-after", "30")], "", true),
            (403, &[], "API rate limit exceeded for installation ID 1.", true),
            (403, &[], "api rate limit exceeded", true),
            (403, &[], "Must have admin rights to Repository.", false),
            (404, &[], "API rate limit exceeded", false),
            (403, &[("x-ratelimit-remaining", "4999")], "Resource not accessible by integration", false),
            (404, &[("retry-after", "30")], secondary, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(is_limited(status, &headers(lines), message), expected, "{status} {lines:?} {message}");
        }
    }

    #[test]
    fn what_github_says_of_the_time_is_found() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let used_up = ("x-ratelimit-remaining", "0");
        for (lines, expected) in [
            (&[][..], None),
            (&[("retry-after", "30")][..], Some(30)),
            (&[("retry-after", "Thu, 01 Jan 1970 00:17:00 GMT")], Some(20)),
            (&[("retry-after", "Thu, 01 Jan 1970 00:00:01 GMT")], Some(1)),
            (&[("retry-after", "soon")], None),
            (&[used_up, ("x-ratelimit-reset", "1060")], Some(61)),
            (&[used_up, ("x-ratelimit-reset", "999")], Some(1)),
            (&[used_up, ("x-ratelimit-reset", "7200"), ("date", "Thu, 01 Jan 1970 01:59:00 GMT")], Some(61)),
            (&[used_up, ("x-ratelimit-reset", "18446744073709551615")], None),
            (&[used_up, ("x-ratelimit-reset", "1060000")], None),
            (&[used_up, ("x-ratelimit-reset", "87399")], Some(86_400)),
            (&[used_up, ("x-ratelimit-reset", "87400")], None),
            (&[("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "1060")], None),
            (&[used_up, ("x-ratelimit-reset", "1060"), ("retry-after", "5")], Some(5)),
        ] {
            assert_eq!(wait(&headers(lines), now), expected.map(Duration::from_secs), "{lines:?}");
        }
    }

    #[test]
    fn waits_are_spoken_of_in_round_numbers() {
        for (seconds, expected) in [(0.2, "1 s"), (60.0, "60 s"), (119.5, "2 min"), (2581.0, "44 min")] {
            assert_eq!(spoken(Duration::from_secs_f64(seconds)), expected);
        }
    }
}
