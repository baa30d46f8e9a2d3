//! What is tried again, how often and when. Does not sleep and sends nothing.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How long a server on this machine, which may just be starting, is waited for.
const BRIEFLY: Duration = Duration::from_secs(3);

/// The bounds on trying again. A request is given up as soon as it meets one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often one request is sent at most, the first time included.
    pub attempts: usize,
    /// The wait before the second attempt; each further one is twice as long, plus a random share of itself.
    pub first_delay: Duration,
    /// The longest wait before the random share is added. A `Retry-After` may ask for more.
    pub longest_delay: Duration,
    /// How long is waited between the attempts, all waits together. How long the attempts themselves take does not count:
    /// one that was slow, or was given up after a long `timeout`, is followed by another all the same.
    pub total: Duration,
    /// An attempt in which nothing moves for this long is given up. One that is slow is not.
    pub timeout: Duration,
}

impl Default for RetryPolicy {
    /// Six attempts with two minutes between them: longer than the usual hiccup of a registry, shorter than a job's
    /// patience. A minute without a sign of life, since registries digest a large blob for that long.
    fn default() -> Self {
        Self {
            attempts: 6,
            first_delay: Duration::from_millis(250),
            longest_delay: Duration::from_secs(15),
            total: Duration::from_mins(2),
            timeout: Duration::from_mins(1),
        }
    }
}

impl RetryPolicy {
    /// For a small request to GitHub's API.
    pub const SMALL_REQUEST: Self = Self {
        attempts: 4,
        first_delay: Duration::from_millis(250),
        longest_delay: Duration::from_secs(15),
        total: Duration::from_mins(2),
        timeout: Duration::from_secs(30),
    };

    /// For a server that limits how often it is asked: a minute where it names no wait ("Rate limits for the REST API"). A
    /// quarter of an hour in all, which is more than any other step of a job takes; a limit per hour may need longer, and is
    /// then better told than waited for.
    pub const RATE_LIMIT: Self = Self {
        attempts: 16,
        first_delay: Duration::from_mins(1),
        longest_delay: Duration::from_mins(15),
        total: Duration::from_mins(15),
        timeout: Duration::from_secs(30),
    };

    /// Starts counting for one request.
    #[must_use]
    pub fn start(&self) -> Retries {
        let delays = ExponentialBuilder::default()
            .with_min_delay(self.first_delay)
            .with_max_delay(self.longest_delay)
            .with_max_times(self.attempts.saturating_sub(1))
            .with_jitter()
            .build();
        Retries { delays, left: self.total, left_briefly: BRIEFLY.min(self.total) }
    }
}

/// The attempts that one request has left, and how long may still be waited between them.
pub struct Retries {
    delays: ExponentialBackoff,
    left: Duration,
    left_briefly: Duration,
}

impl Retries {
    /// How long to wait before the next attempt, or nothing when the policy is used up. The registry's own wish counts
    /// where it is longer; one that is longer than what is left ends the attempts at once.
    pub fn next_delay(&mut self, wish: Option<Duration>) -> Option<Duration> {
        let delay = self.delays.next()?.max(wish.unwrap_or_default());
        self.left = self.left.checked_sub(delay)?;
        Some(delay)
    }

    /// The wait that the server names, in the place of the policy's own delay. It counts towards the total.
    pub fn named_delay(&mut self, named: Duration) -> Option<Duration> {
        self.delays.next()?;
        self.left = self.left.checked_sub(named)?;
        Some(named)
    }

    /// [`Self::next_delay`] for what only takes a moment or does not pass at all.
    pub fn next_brief_delay(&mut self) -> Option<Duration> {
        let delay = self.next_delay(None)?;
        self.left_briefly = self.left_briefly.checked_sub(delay)?;
        Some(delay)
    }
}

/// Whether a server that answers so may answer otherwise soon: HTTP's own statuses for that, nginx's 499 and what Cloudflare
/// says of a registry behind it.
#[must_use]
pub fn is_temporary(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 499 | 500 | 502..=504 | 520..=527 | 529)
}

/// The wait that a `Retry-After` header asks for: seconds, or a date (RFC 9110, section 10.2.3).
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(now).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        attempts: 4,
        first_delay: Duration::from_millis(100),
        longest_delay: Duration::from_millis(200),
        total: Duration::from_secs(10),
        timeout: Duration::from_secs(1),
    };

    #[test]
    fn delays_grow_are_bounded_and_end() {
        let mut retries = POLICY.start();
        for expected in [100, 200, 200] {
            let delay = retries.next_delay(None).unwrap();
            let bounds = Duration::from_millis(expected)..=Duration::from_millis(2 * expected);
            assert!(bounds.contains(&delay), "{delay:?} is not in {bounds:?}");
        }
        assert_eq!(retries.next_delay(None), None);
    }

    #[test]
    fn one_attempt_means_no_retry() {
        assert_eq!(RetryPolicy { attempts: 1, ..POLICY }.start().next_delay(None), None);
        assert_eq!(RetryPolicy { attempts: 0, ..POLICY }.start().next_delay(None), None);
    }

    #[test]
    fn the_registry_may_ask_for_more_but_not_past_the_deadline() {
        let wish = Duration::from_secs(5);
        assert_eq!(POLICY.start().next_delay(Some(wish)), Some(wish));
        assert!(POLICY.start().next_delay(Some(Duration::ZERO)).unwrap() >= POLICY.first_delay);
        assert_eq!(POLICY.start().next_delay(Some(Duration::from_hours(1))), None);
        assert_eq!(POLICY.start().next_delay(Some(Duration::from_secs(u64::MAX))), None);
    }

    #[test]
    fn a_named_wait_replaces_the_delay_and_counts() {
        let mut retries = POLICY.start();
        let named = [1, 8, 2].map(|seconds| retries.named_delay(Duration::from_secs(seconds)));
        assert_eq!(named, [Some(Duration::from_secs(1)), Some(Duration::from_secs(8)), None]);
        let mut retries = POLICY.start();
        assert_eq!(std::iter::from_fn(|| retries.named_delay(Duration::ZERO)).count(), POLICY.attempts - 1);
        let none = RetryPolicy { total: Duration::ZERO, ..RetryPolicy::RATE_LIMIT };
        assert_eq!(none.start().next_delay(None), None);
    }

    #[test]
    fn waits_have_an_end_even_when_there_are_many_attempts() {
        let policy = RetryPolicy { attempts: 1000, total: Duration::from_millis(500), ..POLICY };
        let mut retries = policy.start();
        let waited: Duration = std::iter::from_fn(|| retries.next_delay(None)).sum();
        assert!((policy.first_delay..=policy.total).contains(&waited), "{waited:?}");
        let long = RetryPolicy { first_delay: BRIEFLY * 2, longest_delay: BRIEFLY * 2, ..POLICY };
        assert_eq!(long.start().next_brief_delay(), None);
        assert!(POLICY.start().next_brief_delay().is_some());
    }

    #[test]
    fn a_long_patience_with_each_attempt_leaves_all_of_them() {
        for timeout in [1, 60, 121, 300, 86_400] {
            let policy = RetryPolicy { timeout: Duration::from_secs(timeout), ..RetryPolicy::default() };
            let mut retries = policy.start();
            assert_eq!(std::iter::from_fn(|| retries.next_delay(None)).count(), policy.attempts - 1, "{timeout} s");
        }
    }

    #[test]
    fn only_statuses_that_pass_are_temporary() {
        for (status, expected) in [
            (200, false),
            (400, false),
            (401, false),
            (403, false),
            (404, false),
            (408, true),
            (413, false),
            (425, true),
            (429, true),
            (499, true),
            (500, true),
            (501, false),
            (502, true),
            (503, true),
            (504, true),
            (507, false),
            (522, true),
            (529, true),
        ] {
            assert_eq!(is_temporary(StatusCode::from_u16(status).unwrap()), expected, "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        for (value, expected) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", None),
            ("soon", None),
            ("-1", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
