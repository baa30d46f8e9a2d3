//! Room for connections: how many there may be, and which of them goes when another one wants in. An idle connection costs
//! its peer nothing, so that any number of them must not keep a request out; one with a request is never closed for another.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{self, Instant};

use crate::server::activity::Activity;

/// How long a connection that wants in waits before it is looked again whether another one has become idle.
const LOOK: Duration = Duration::from_millis(50);

/// One in so many idle connections is closed at a time: looking for the longest idle one costs a look at all.
const SHARE: usize = 64;

/// The connections of one address.
#[derive(Debug)]
pub(super) struct Room {
    most: usize,
    places: Arc<Semaphore>,
    origin: Instant,
    connections: Mutex<HashMap<u64, Arc<Activity>>>,
    next: AtomicU64,
}

/// A connection's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) activity: Arc<Activity>,
    room: Arc<Room>,
    id: u64,
    _permit: OwnedSemaphorePermit,
}

impl Room {
    /// Room for `most` connections.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            places: Arc::new(Semaphore::new(most)),
            origin: Instant::now(),
            connections: Mutex::default(),
            next: AtomicU64::new(0),
        })
    }

    /// How many connections there may be.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Whether another connection has to wait.
    pub(super) fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    /// A place, once there is one: those that have been idle for the longest time make room.
    pub(super) async fn enter(self: &Arc<Self>) -> Place {
        let permit = loop {
            if self.is_full() {
                self.dismiss_idle();
            }
            // Without a permit the time was over: the semaphore is never closed.
            if let Ok(Ok(permit)) = time::timeout(LOOK, self.places.clone().acquire_owned()).await {
                break permit;
            }
        };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let activity = Arc::new(Activity::new(self.origin));
        self.connections().insert(id, activity.clone());
        Place { activity, room: self.clone(), id, _permit: permit }
    }

    /// Asks the connections that have been idle for the longest time to end: one in [`SHARE`], and at least one.
    pub(super) fn dismiss_idle(&self) {
        let connections = self.connections();
        let idle = connections.values().filter_map(|activity| Some((activity.idle_since()?, activity)));
        let mut idle: Vec<_> = idle.collect();
        idle.sort_unstable_by_key(|(since, _)| *since);
        for (_, activity) in idle.iter().take(idle.len().div_ceil(SHARE)) {
            activity.dismiss();
        }
    }

    /// Ends when every connection has.
    pub(super) async fn empty(&self) {
        // All the room is there again once the last connection is gone; the semaphore is never closed.
        let _ = self.places.acquire_many(u32::try_from(self.most).unwrap_or(u32::MAX)).await;
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<u64, Arc<Activity>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.connections().remove(&self.id);
    }
}
