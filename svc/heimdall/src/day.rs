//! A day in UTC: how it is typed, shown and stored.

use std::fmt;

use chrono::NaiveDate;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// UTC knows no longer or shorter days here: computers leave leap seconds out.
const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1000;

/// A day in UTC, `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(u32);

impl Day {
    pub(crate) const FIRST: Self = Self(0);
    pub(crate) const LAST: Self = Self(u32::MAX);

    /// The day of a time in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn of(milliseconds: u64) -> Self {
        Self(u32::try_from(milliseconds / DAY_MILLISECONDS).unwrap_or(u32::MAX))
    }

    /// Days since 1970-01-01, as stored.
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// The day as it was stored.
    pub(crate) fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// A day as typed, in the one form: chrono alone would also take `2026-1-1`.
    fn parse(text: &str) -> Option<Self> {
        let date: NaiveDate = text.parse().ok()?;
        let day = Self(u32::try_from(date.to_epoch_days()).ok()?);
        (day.to_string() == text).then_some(day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match i32::try_from(self.0).ok().and_then(NaiveDate::from_epoch_days) {
            Some(date) => write!(formatter, "{date}"),
            None => write!(formatter, "day {}", self.0),
        }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let refused = || D::Error::custom(format_args!("a day is `YYYY-MM-DD` from 1970 on, not `{text}`"));
        Self::parse(&text).ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_at_midnight_in_utc() {
        // 2028-02-29, a leap day.
        let midnight = 1_835_395_200_000;
        assert_eq!(Day::of(midnight - 1).to_string(), "2028-02-28");
        assert_eq!(Day::of(midnight).to_string(), "2028-02-29");
        assert_eq!(Day::of(midnight + DAY_MILLISECONDS - 1).to_string(), "2028-02-29");
        assert_eq!(Day::of(midnight + DAY_MILLISECONDS).to_string(), "2028-03-01");
        assert_eq!(Day::of(0), Day::FIRST);
    }

    #[test]
    fn a_day_is_typed_in_one_form() {
        assert_eq!(Day::parse("2028-02-29"), Some(Day::of(1_835_395_200_000)));
        for wrong in ["", "2026-1-1", "2026-02-29", "1969-12-31", "+2026-01-01", " 2026-01-01", "2026-01-01T00:00:00Z"]
        {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }
}
