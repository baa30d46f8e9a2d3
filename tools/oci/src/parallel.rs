//! Doing something with each of several items on all cores.
//!
//! A handful of items in a process of a few milliseconds: no pool of threads is worth its start here.

use std::iter;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The result of `work` for each item, in the items' order.
///
/// # Panics
/// When `work` does.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        let position = next.fetch_add(1, Ordering::Relaxed);
        items.get(position).map(|item| (position, work(item)))
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut results = thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| iter::from_fn(take).collect::<Vec<_>>());
        let helpers: Vec<_> = (1..cores.min(items.len())).map(spawn).collect();
        let mut results: Vec<_> = iter::from_fn(take).collect();
        results.extend(helpers.into_iter().flat_map(|helper| helper.join().expect("work does not panic")));
        results
    });
    results.sort_unstable_by_key(|(position, _)| *position);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        for count in [0, 1, 2, 1000] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(map(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
    }
}
