//! The time of day, behind a trait so that tests decide what time it is. Not for measuring durations or for timeouts:
//! those are tokio's.

use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Tells the time of day.
pub trait Clock: Debug + Send + Sync {
    /// The time now. May go backwards when the machine's clock is set.
    fn now(&self) -> SystemTime;

    /// The same as milliseconds since 1970-01-01T00:00:00Z; 0 on a machine whose clock is before it.
    fn milliseconds(&self) -> u64 {
        let since_epoch = self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct TestClock {
    now: Mutex<SystemTime>,
}

impl TestClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: SystemTime) -> Self {
        Self { now: Mutex::new(now) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_clock_moves_only_when_told() {
        let clock = TestClock::at(SystemTime::UNIX_EPOCH);
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(90));
        assert_eq!(clock.milliseconds(), 90_000);
    }

    #[test]
    fn the_system_clock_is_after_the_epoch() {
        assert!(SystemClock.now() > SystemTime::UNIX_EPOCH);
    }
}
