//! Whether the service can take requests. Owns the state; the paths that report it are in `routes`.
//!
//! A part that starts late takes a [`Hold`]: once every hold has been released, the service has started for good. What
//! the service cannot work without is a [`Dependency`]: while one does not answer, the service is not ready. Whoever
//! asks a dependency asks for its life and not for its readiness, so that one failure does not run through the chain.
//! Once a shutdown has begun, readiness is down for good.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What `/health/ready` reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Some part is not up yet.
    Starting,
    /// Every part is up, and something that the service depends on does not answer.
    Waiting,
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
            Self::Waiting => "waiting",
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

#[derive(Debug, Default)]
struct Inner {
    is_draining: bool,
    has_started: bool,
    holds: usize,
    /// Whether each of them answers.
    dependencies: BTreeMap<&'static str, bool>,
}

impl Inner {
    fn state(&self) -> State {
        if self.is_draining {
            State::Draining
        } else if !self.has_started {
            State::Starting
        } else if self.dependencies.values().all(|answers| *answers) {
            State::Ready
        } else {
            State::Waiting
        }
    }
}

impl Health {
    /// Keeps the service from becoming ready until the hold is released. Without effect once it has started.
    #[must_use = "a hold that is dropped without a release keeps the service unready for ever"]
    pub fn hold(&self) -> Hold {
        self.lock().holds += 1;
        Hold { health: self.clone() }
    }

    /// Something without which the service is not ready, from now on. It does not answer until it is said to.
    #[must_use]
    pub fn dependency(&self, name: &'static str) -> Dependency {
        self.lock().dependencies.insert(name, false);
        Dependency { health: self.clone(), name }
    }

    /// The state now.
    #[must_use]
    pub fn state(&self) -> State {
        self.lock().state()
    }

    /// The names of the dependencies that do not answer, sorted.
    #[must_use]
    pub fn waiting_for(&self) -> Vec<&'static str> {
        self.lock().dependencies.iter().filter(|(_, answers)| !**answers).map(|(name, _)| *name).collect()
    }

    /// Ends readiness for good.
    pub(crate) fn drain(&self) {
        self.lock().is_draining = true;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One part that is not up yet. The service has started once every hold has been released; one that is dropped without
/// a release, because its part failed, keeps the service unready.
#[derive(Debug)]
pub struct Hold {
    health: Health,
}

impl Hold {
    /// Reports that the part is up.
    pub fn release(self) {
        let mut inner = self.health.lock();
        inner.holds -= 1;
        if inner.holds == 0 {
            inner.has_started = true;
        }
    }
}

/// Something that the service cannot work without.
#[derive(Debug)]
pub struct Dependency {
    health: Health,
    name: &'static str,
}

impl Dependency {
    /// The name that it was given.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Reports whether it answers; returns whether that is news.
    #[expect(clippy::must_use_candidate, reason = "to report is what it is for")]
    pub fn answers(&self, answers: bool) -> bool {
        self.health.lock().dependencies.insert(self.name, answers) != Some(answers)
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
    fn a_late_hold_changes_nothing() {
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
    fn readiness_follows_the_dependencies() {
        let health = Health::default();
        health.hold().release();
        let (krane, vault) = (health.dependency("krane"), health.dependency("vault"));
        assert_eq!((health.state(), health.waiting_for()), (State::Waiting, vec!["krane", "vault"]));
        assert!(vault.answers(true) && !vault.answers(true));
        assert_eq!((health.state(), health.waiting_for()), (State::Waiting, vec!["krane"]));
        assert!(krane.answers(true));
        assert_eq!((health.state(), health.waiting_for()), (State::Ready, vec![]));
        assert!(krane.answers(false));
        assert_eq!(health.state(), State::Waiting);
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
