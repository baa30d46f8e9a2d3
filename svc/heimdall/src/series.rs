//! The totals in `/metrics`.
//!
//! Each series costs Prometheus memory for as long as it keeps anything, so that their number is bounded: the most used
//! keys have their own when the service starts, further keys get one when they are first counted, until there are
//! [`SERIES`]. What is counted under all other keys is one number.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use runtime::{IntCounter, IntCounterVec, Metrics};

/// How many keys have a series of their own.
const SERIES: usize = 1000;

/// What `/metrics` shows. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    by_key: IntCounterVec,
    others: IntCounter,
    /// The keys with a series.
    keys: Arc<Mutex<HashSet<String>>>,
}

impl Series {
    /// The series of what was counted so far.
    pub(crate) fn new(metrics: &Metrics, totals: BTreeMap<String, u64>) -> Self {
        let help = "What was counted under a key on all days, for as many keys as have a series of their own.";
        let by_key = metrics.counters("usage_total", help, &["key"]);
        let help = "What was counted under all other keys together.";
        let others = metrics.counter("usage_of_other_keys_total", help);
        let series = Self { by_key, others, keys: Arc::default() };
        let mut totals: Vec<(String, u64)> = totals.into_iter().collect();
        totals.sort_by_key(|(_, total)| Reverse(*total));
        for (key, total) in totals {
            series.add(&key, total);
        }
        series
    }

    /// Adds what was counted.
    pub(crate) fn add(&self, key: &str, count: u64) {
        if self.has(key) {
            self.by_key.with_label_values(&[key]).inc_by(count);
        } else {
            self.others.inc_by(count);
        }
    }

    /// Whether the key has a series, which it gets while there is room.
    fn has(&self, key: &str) -> bool {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.contains(key) || (keys.len() < SERIES && keys.insert(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_used_keys_have_their_own_and_the_number_is_bounded() {
        let totals = (1..=1001_u64).map(|number| (format!("key-{number:04}"), number)).collect();
        let series = Series::new(&Metrics::default(), totals);
        assert_eq!(series.by_key.with_label_values(&["key-1001"]).get(), 1001);
        assert_eq!(series.by_key.with_label_values(&["key-0002"]).get(), 2);
        assert_eq!(series.others.get(), 1);
        series.add("key-0001", 5);
        series.add("new", 7);
        series.add("key-0002", 40);
        assert_eq!(series.others.get(), 1 + 5 + 7);
        assert_eq!(series.by_key.with_label_values(&["key-0002"]).get(), 42);
        assert_eq!(series.keys.lock().expect("not poisoned").len(), SERIES);
    }
}
