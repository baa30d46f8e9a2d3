//! What was counted: totals by key and UTC day, and the ids of the events that are in them.
//!
//! An event counts once, because its id is kept beside the totals in the same transaction. Ids are forgotten after the
//! configured time, oldest first, and an event that is older than that is refused: nobody could tell whether it has been
//! counted. The time of the youngest forgotten id is kept too, so that this holds when the configured time grows or the
//! machine's clock goes back.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use runtime::store::redb::{ReadableTable, TableDefinition, WriteTransaction};
use runtime::{Health, Store, StoreError, StoreProblem};
use serde::Serialize;

use crate::day::Day;
use crate::event::Event;

/// The time of each counted event, by its id.
const TIMES: TableDefinition<'static, &str, u64> = TableDefinition::new("times");

/// The same ids in the order in which they are forgotten.
const IDS: TableDefinition<'static, (u64, &str), ()> = TableDefinition::new("ids");

/// Counts by key and day.
const TOTALS: TableDefinition<'static, (&str, u32), u64> = TableDefinition::new("totals");

/// The time of the youngest id that was forgotten, by [`YOUNGEST`].
const FORGOTTEN: TableDefinition<'static, &str, u64> = TableDefinition::new("forgotten");

/// The one key in [`FORGOTTEN`].
const YOUNGEST: &str = "youngest";

/// The largest total: readers that take JSON's numbers as floating point lose digits beyond it.
const LARGEST_TOTAL: u64 = (1 << 53) - 1;

/// How many ids one batch forgets at most: more than one brings, and not so many that a caller waits for it.
const FORGET: usize = 2000;

/// How many totals one answer may hold.
pub(crate) const LARGEST_ANSWER: usize = 10_000;

/// The totals. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    store: Store,
    /// In milliseconds.
    remember: u64,
}

/// What became of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) accepted: usize,
    pub(crate) duplicates: usize,
    /// How much was added, by key.
    pub(crate) added: BTreeMap<String, u64>,
}

/// Why nothing of a batch was counted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Uncountable {
    /// Its id may have been counted and forgotten.
    #[error("`time` of the event `{id}` is too long ago to tell whether it was counted before, see `remember_days`")]
    TooOld { id: String },
    /// The total would be larger than the largest.
    #[error("the total of `{key}` on {day} would be larger than `{LARGEST_TOTAL}`")]
    TooLarge { key: String, day: Day },
}

/// One total.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Total {
    pub(crate) key: String,
    pub(crate) day: Day,
    pub(crate) count: u64,
}

/// Which totals are asked for.
#[derive(Debug)]
pub(crate) struct Filter {
    /// All keys where there is none.
    pub(crate) key: Option<String>,
    pub(crate) from: Day,
    pub(crate) to: Day,
}

fn tables(transaction: &WriteTransaction) -> Result<(), StoreProblem> {
    transaction.open_table(TIMES)?;
    transaction.open_table(IDS)?;
    transaction.open_table(TOTALS)?;
    transaction.open_table(FORGOTTEN)?;
    Ok(())
}

impl Ledger {
    pub(crate) fn open(folder: &Path, remember: Duration, health: &Health) -> Result<Self, StoreError> {
        let store = Store::open(folder, "heimdall", tables, health)?;
        Ok(Self { store, remember: u64::try_from(remember.as_millis()).unwrap_or(u64::MAX) })
    }

    /// Counts all of a batch, or nothing of it. `now` is in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) async fn record(
        &self,
        events: Vec<Event>,
        now: u64,
    ) -> Result<Result<Recorded, Uncountable>, StoreProblem> {
        let oldest = now.saturating_sub(self.remember);
        self.store.write(move |transaction| record(transaction, &events, oldest)).await
    }

    /// The totals that `filter` names, by key and then day; nothing when they are more than [`LARGEST_ANSWER`].
    pub(crate) fn totals(&self, filter: &Filter) -> Result<Option<Vec<Total>>, StoreProblem> {
        let (from, to) = (filter.from.number(), filter.to.number());
        self.store.read(|transaction| {
            let table = transaction.open_table(TOTALS)?;
            let range = match &filter.key {
                Some(key) => table.range((key.as_str(), from)..=(key.as_str(), to))?,
                None => table.iter()?,
            };
            let mut totals = Vec::new();
            for entry in range {
                let (place, count) = entry?;
                let (key, day) = place.value();
                if !(from..=to).contains(&day) {
                    continue;
                }
                if totals.len() == LARGEST_ANSWER {
                    return Ok(None);
                }
                totals.push(Total { key: key.to_owned(), day: Day::from_number(day), count: count.value() });
            }
            Ok(Some(totals))
        })
    }

    /// What was counted under each key on all days.
    pub(crate) fn totals_by_key(&self) -> Result<BTreeMap<String, u64>, StoreProblem> {
        self.store.read(|transaction| {
            let mut totals = BTreeMap::<String, u64>::new();
            for entry in transaction.open_table(TOTALS)?.iter()? {
                let (place, count) = entry?;
                let total = totals.entry(place.value().0.to_owned()).or_default();
                *total = total.saturating_add(count.value());
            }
            Ok(totals)
        })
    }
}

/// Finds everything out before it changes anything: what is refused is no failure of the transaction, which others share.
fn record(
    transaction: &WriteTransaction,
    events: &[Event],
    oldest: u64,
) -> Result<Result<Recorded, Uncountable>, StoreProblem> {
    let mut forgotten = transaction.open_table(FORGOTTEN)?;
    let mut times = transaction.open_table(TIMES)?;
    let mut ids = transaction.open_table(IDS)?;
    let mut totals = transaction.open_table(TOTALS)?;

    let youngest = forgotten.get(YOUNGEST)?.map(|time| time.value());
    let too_old = |event: &&Event| event.time < oldest || youngest.is_some_and(|youngest| event.time <= youngest);
    if let Some(event) = events.iter().find(too_old) {
        return Ok(Err(Uncountable::TooOld { id: event.id.clone() }));
    }
    let new = unknown(&times, events)?;
    let sums = match sums(&totals, &new)? {
        Ok(sums) => sums,
        Err(uncountable) => return Ok(Err(uncountable)),
    };

    let mut recorded = Recorded { accepted: new.len(), duplicates: events.len() - new.len(), added: BTreeMap::new() };
    for event in new {
        times.insert(event.id.as_str(), event.time)?;
        ids.insert((event.time, event.id.as_str()), ())?;
        *recorded.added.entry(event.key.clone()).or_default() += event.count;
    }
    for ((key, day), total) in sums {
        totals.insert((key, day.number()), total)?;
    }
    for forgets in ids.extract_from_if(..(oldest, ""), |_, ()| true)?.take(FORGET) {
        let (place, _) = forgets?;
        let (time, id) = place.value();
        times.remove(id)?;
        forgotten.insert(YOUNGEST, time)?;
    }
    Ok(Ok(recorded))
}

/// The events that were not counted before, each once.
fn unknown<'a>(
    times: &impl ReadableTable<&'static str, u64>,
    events: &'a [Event],
) -> Result<Vec<&'a Event>, StoreProblem> {
    let mut seen = HashSet::new();
    let mut unknown = Vec::new();
    for event in events {
        if seen.insert(event.id.as_str()) && times.get(event.id.as_str())?.is_none() {
            unknown.push(event);
        }
    }
    Ok(unknown)
}

/// The totals as they are once these events are in them.
type Sums<'a> = BTreeMap<(&'a str, Day), u64>;

fn sums<'a>(
    totals: &impl ReadableTable<(&'static str, u32), u64>,
    events: &[&'a Event],
) -> Result<Result<Sums<'a>, Uncountable>, StoreProblem> {
    let mut sums = Sums::new();
    for event in events {
        let (key, day) = (event.key.as_str(), Day::of(event.time));
        let before = match sums.get(&(key, day)) {
            Some(sum) => *sum,
            None => totals.get((key, day.number()))?.map_or(0, |total| total.value()),
        };
        let sum = before.saturating_add(event.count);
        if sum > LARGEST_TOTAL {
            return Ok(Err(Uncountable::TooLarge { key: key.to_owned(), day }));
        }
        sums.insert((key, day), sum);
    }
    Ok(Ok(sums))
}

#[cfg(test)]
mod tests {
    use super::*;

    use tempfile::TempDir;

    const SECOND: u64 = 1000;
    const NOW: u64 = 1_782_900_000_000;

    fn open(folder: &TempDir, remember_seconds: u64) -> Ledger {
        Ledger::open(folder.path(), Duration::from_secs(remember_seconds), &Health::default()).expect("opened")
    }

    fn event(id: &str, time: u64) -> Event {
        Event { id: id.to_owned(), key: "a".to_owned(), time, count: 1 }
    }

    async fn accepted(ledger: &Ledger, events: Vec<Event>, now: u64) -> Result<usize, Uncountable> {
        ledger.record(events, now).await.expect("written").map(|recorded| recorded.accepted)
    }

    fn ids(ledger: &Ledger) -> Vec<String> {
        let read = ledger.store.read(|transaction| {
            let times = transaction.open_table(TIMES)?;
            let in_order = transaction.open_table(IDS)?;
            assert_eq!(times.iter()?.count(), in_order.iter()?.count());
            times.iter()?.map(|entry| Ok(entry?.0.value().to_owned())).collect()
        });
        read.expect("read")
    }

    #[tokio::test]
    async fn totals_and_ids_are_there_after_another_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = open(&folder, 60);
        assert_eq!(accepted(&ledger, vec![event("1", NOW), event("2", NOW)], NOW).await, Ok(2));
        drop(ledger);
        let ledger = open(&folder, 60);
        assert_eq!(accepted(&ledger, vec![event("1", NOW), event("3", NOW)], NOW).await, Ok(1));
        assert_eq!(ledger.totals_by_key().expect("read"), BTreeMap::from([("a".to_owned(), 3)]));
    }

    #[tokio::test]
    async fn an_id_is_forgotten_only_when_its_event_would_be_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = open(&folder, 60);
        assert_eq!(accepted(&ledger, vec![event("old", NOW), event("young", NOW + SECOND)], NOW).await, Ok(2));
        // The last moment in which it is known, then the first in which it is not.
        assert_eq!(accepted(&ledger, vec![event("old", NOW)], NOW + 60 * SECOND).await, Ok(0));
        let later = NOW + 60 * SECOND + 1;
        let too_old = Err(Uncountable::TooOld { id: "old".to_owned() });
        assert_eq!(accepted(&ledger, vec![event("old", NOW)], later).await, too_old);
        assert_eq!(accepted(&ledger, vec![event("new", later)], later).await, Ok(1));
        assert_eq!(ids(&ledger), ["new", "young"]);
        // Neither a clock that goes back nor a longer memory brings a forgotten id back.
        assert_eq!(accepted(&ledger, vec![event("old", NOW)], NOW).await, too_old);
        drop(ledger);
        let ledger = open(&folder, 3600);
        assert_eq!(accepted(&ledger, vec![event("old", NOW)], later).await, too_old);
        assert_eq!(accepted(&ledger, vec![event("young", NOW + SECOND)], later).await, Ok(0));
        assert_eq!(ledger.totals_by_key().expect("read"), BTreeMap::from([("a".to_owned(), 3)]));
    }

    #[tokio::test]
    async fn a_total_that_would_be_too_large_is_refused_with_its_batch() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = open(&folder, 60);
        let day = Day::of(NOW);
        let nearly = move |transaction: &WriteTransaction| {
            transaction.open_table(TOTALS)?.insert(("a", day.number()), LARGEST_TOTAL - 1)?;
            Ok(())
        };
        ledger.store.write(nearly).await.expect("written");
        let too_large = Err(Uncountable::TooLarge { key: "a".to_owned(), day });
        assert_eq!(accepted(&ledger, vec![event("1", NOW), event("2", NOW)], NOW).await, too_large);
        assert!(ids(&ledger).is_empty());
        assert_eq!(accepted(&ledger, vec![event("1", NOW)], NOW).await, Ok(1));
        assert_eq!(ledger.totals_by_key().expect("read")["a"], LARGEST_TOTAL);
    }

    #[tokio::test]
    async fn an_answer_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = open(&folder, 60);
        let days = u32::try_from(LARGEST_ANSWER).expect("a small number");
        let fill = move |transaction: &WriteTransaction| {
            let mut totals = transaction.open_table(TOTALS)?;
            (0..=days).try_for_each(|day| totals.insert(("a", day), 1).map(drop))?;
            Ok(())
        };
        ledger.store.write(fill).await.expect("written");
        let all = Filter { key: None, from: Day::FIRST, to: Day::LAST };
        assert_eq!(ledger.totals(&all).expect("read"), None);
        let without_the_first = Filter { from: Day::from_number(1), ..all };
        let totals = ledger.totals(&without_the_first).expect("read").expect("as many as there may be");
        assert_eq!(totals.len(), LARGEST_ANSWER);
    }
}
