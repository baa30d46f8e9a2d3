//! Whether the service can take requests. Owns the state; the paths that report it are in `routes`.
//!
//! Readiness only goes up, with one exception: once a shutdown has begun it is down for good. A part that starts late
//! takes a [`Hold`] before the service is ready; trouble with a dependency afterwards is an answer to a request and
//! not a reason to take every instance out of the load balancer at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What `/health/ready` reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Some part is not up yet.
    Starting,
    /// Every part is up.
    Ready,
    /// A shutdown has begun.
    Draining,
}

impl State {
    /// The state's name in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
        }
    }
}

/// A shared handle on the service's readiness.
#[derive(Clone, Debug, Default)]
pub struct Health {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    holds: usize,
}

impl Default for Inner {
    fn default() -> Self {
        Self { state: State::Starting, holds: 0 }
    }
}

impl Health {
    /// Keeps the service from becoming ready until the hold is released. Without effect once it is ready.
    #[must_use = "a hold that is dropped without a release keeps the service unready for ever"]
    pub fn hold(&self) -> Hold {
        self.lock().holds += 1;
        Hold { health: self.clone() }
    }

    /// The state now.
    #[must_use]
    pub fn state(&self) -> State {
        self.lock().state
    }

    /// Ends readiness for good.
    pub(crate) fn drain(&self) {
        self.lock().state = State::Draining;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One part that is not up yet. The service is ready once every hold has been released; one that is dropped without a
/// release, because its part failed, keeps the service unready.
#[derive(Debug)]
pub struct Hold {
    health: Health,
}

impl Hold {
    /// Reports that the part is up.
    pub fn release(self) {
        let mut inner = self.health.lock();
        inner.holds -= 1;
        if inner.holds == 0 && inner.state == State::Starting {
            inner.state = State::Ready;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_when_the_last_hold_is_released() {
        let health = Health::default();
        let (first, second) = (health.hold(), health.hold());
        assert_eq!(health.state(), State::Starting);
        first.release();
        assert_eq!(health.state(), State::Starting);
        second.release();
        assert_eq!(health.state(), State::Ready);
    }

    #[test]
    fn readiness_only_goes_up() {
        let health = Health::default();
        health.hold().release();
        let late = health.hold();
        assert_eq!(health.state(), State::Ready);
        late.release();
        assert_eq!(health.state(), State::Ready);
    }

    #[test]
    fn a_part_that_failed_keeps_the_service_unready() {
        let health = Health::default();
        let good = health.hold();
        drop(health.hold());
        good.release();
        assert_eq!(health.state(), State::Starting);
    }

    #[test]
    fn draining_is_for_good() {
        let health = Health::default();
        let hold = health.hold();
        health.drain();
        hold.release();
        assert_eq!(health.state(), State::Draining);
    }
}
