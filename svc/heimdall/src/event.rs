//! One use of something: what an event holds, and which are refused whatever was counted before.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;

/// How many events one request may hold.
const BATCH: RangeInclusive<usize> = 1..=1000;

/// The longest id: a UUID, a ULID or a digest in hexadecimal fits.
const LONGEST_ID: usize = 64;

/// The longest key, in bytes.
const LONGEST_KEY: usize = 128;

/// How much one event may count: more is a mistake of the caller's, and it would be one that nobody can take back.
const COUNT: RangeInclusive<u64> = 1..=1_000_000_000;

/// How far the clock of a caller may be ahead.
const AHEAD: Duration = Duration::from_hours(24);

/// One use, or several at once, of a key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// Two events with one id are one event.
    pub(crate) id: String,
    /// What is counted under.
    pub(crate) key: String,
    /// When it happened, in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: u64,
    /// How many uses it stands for.
    pub(crate) count: u64,
}

/// Checks a batch that arrives at the time `now`, in milliseconds since 1970-01-01T00:00:00Z.
///
/// # Errors
///
/// The first thing that is wrong, with the event's id or place in it.
pub(crate) fn check(events: &[Event], now: u64) -> Result<(), String> {
    if !BATCH.contains(&events.len()) {
        return Err(format!("`events` must hold `{}` to `{}`, not `{}`", BATCH.start(), BATCH.end(), events.len()));
    }
    let latest = now.saturating_add(u64::try_from(AHEAD.as_millis()).unwrap_or(u64::MAX));
    events.iter().enumerate().try_for_each(|(place, event)| event.check(place, latest))
}

impl Event {
    fn check(&self, place: usize, latest: u64) -> Result<(), String> {
        if !is_name(&self.id, LONGEST_ID) {
            return Err(format!("`events[{place}].id` must be 1 to {LONGEST_ID} visible ASCII characters"));
        }
        if !is_name(&self.key, LONGEST_KEY) {
            return Err(format!(
                "`key` of the event `{}` must be 1 to {LONGEST_KEY} visible ASCII characters",
                self.id
            ));
        }
        runtime::in_range(self.count, &COUNT).map_err(|why| format!("`count` of the event `{}` {why}", self.id))?;
        if self.time > latest {
            return Err(format!("`time` of the event `{}` is more than a day ahead of this service's clock", self.id));
        }
        Ok(())
    }
}

fn is_name(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_782_900_000_000;

    fn event() -> Event {
        Event { id: "e1".to_owned(), key: "k".to_owned(), time: NOW, count: 1 }
    }

    #[test]
    fn the_bounds_of_a_batch() {
        for (count, valid) in [(0, false), (1, true), (1000, true), (1001, false)] {
            assert_eq!(check(&vec![event(); count], NOW).is_ok(), valid, "{count}");
        }
    }

    #[test]
    fn the_bounds_of_an_event() {
        let day = 24 * 60 * 60 * 1000;
        let valid: [fn(&mut Event); 4] = [
            |event| event.id = "i".repeat(64),
            |event| event.key = "k".repeat(128),
            |event| event.count = 1_000_000_000,
            |event| event.time = 0,
        ];
        for (case, change) in valid.iter().enumerate() {
            let mut event = event();
            change(&mut event);
            assert_eq!(check(&[event], NOW), Ok(()), "{case}");
        }
        assert_eq!(check(&[Event { time: NOW + day, ..event() }], NOW), Ok(()));
        let refused = [
            (Event { id: String::new(), ..event() }, "`events[0].id` must be 1 to 64 visible ASCII characters"),
            (Event { id: "i".repeat(65), ..event() }, "`events[0].id` must be 1 to 64 visible ASCII characters"),
            (
                Event { key: "a b".to_owned(), ..event() },
                "`key` of the event `e1` must be 1 to 128 visible ASCII characters",
            ),
            (
                Event { key: "k".repeat(129), ..event() },
                "`key` of the event `e1` must be 1 to 128 visible ASCII characters",
            ),
            (Event { count: 0, ..event() }, "`count` of the event `e1` must be `1` to `1000000000`, not `0`"),
            (
                Event { time: NOW + day + 1, ..event() },
                "`time` of the event `e1` is more than a day ahead of this service's clock",
            ),
        ];
        for (event, expected) in refused {
            assert_eq!(check(&[event], NOW), Err(expected.to_owned()));
        }
    }
}
