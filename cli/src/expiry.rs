//! Times as people type them and as they are shown. Servers count milliseconds since 1970-01-01T00:00:00Z.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate, SecondsFormat};

/// The units of a duration, and their seconds.
const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60), ('w', 7 * 24 * 60 * 60)];

/// The longest duration, in seconds: 10000 years, which every clock can add to its time.
const LONGEST: u64 = 10_000 * 366 * 24 * 60 * 60;

/// What a time looks like, for the error that refuses another.
const EXPECTED: &str = "write a time from now such as `12h`, `30d` or `8w`, a date such as `2030-01-31` (midnight UTC), or a \
                        time such as `2030-01-31T12:00:00Z`";

/// Why a text is no duration or no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TimeError(String);

/// How long a text such as `30s`, `12h` or `30d` is.
///
/// # Errors
/// When it is no number with a unit behind it, or nothing, or too long to count.
pub fn duration(text: &str) -> Result<Duration, TimeError> {
    let error =
        || TimeError("write a number above 0 with a unit behind it: `30s`, `5m`, `12h`, `30d`, `8w`".to_owned());
    let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit)).ok_or_else(error)?;
    let number = text.strip_suffix(unit).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    let number: u64 = number.and_then(|number| number.parse().ok()).filter(|number| *number > 0).ok_or_else(error)?;
    let long = || TimeError("it is longer than 10000 years".to_owned());
    number.checked_mul(seconds).filter(|seconds| *seconds <= LONGEST).map(Duration::from_secs).ok_or_else(long)
}

/// The point in time that a text names, in milliseconds: a duration from `now` on, a date or a time.
///
/// # Errors
/// When it names none, or one that is over.
pub fn point(text: &str, now: SystemTime) -> Result<u64, TimeError> {
    let now = milliseconds(now);
    let error = || TimeError(EXPECTED.to_owned());
    let point = if let Ok(duration) = duration(text) {
        let duration = u64::try_from(duration.as_millis()).map_err(|_| error())?;
        now.checked_add(duration).ok_or_else(error)?
    } else {
        let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(|time| time.and_utc());
        let time = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()).or_else(day).ok_or_else(error)?;
        u64::try_from(time.timestamp_millis()).map_err(|_| error())?
    };
    if point <= now {
        return Err(TimeError(format!("`{text}` is over: {EXPECTED}")));
    }
    // A server cannot keep, nor anybody write, what is beyond the calendar.
    if shown(point).is_none() { Err(error()) } else { Ok(point) }
}

/// A point in time as RFC 3339 writes it, to the second; none where the calendar has none.
#[must_use]
pub fn shown(milliseconds: u64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(i64::try_from(milliseconds).ok()?)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Since 1970-01-01T00:00:00Z; 0 on a machine whose clock is before it.
#[must_use]
pub fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(500_000)
    }

    #[test]
    fn durations() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("12h", 43_200), ("30d", 2_592_000), ("8w", 4_838_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "30",
            "0d",
            "-1d",
            "+1d",
            "1.5h",
            "1 d",
            "30D",
            "99999999999999999999d",
            "9999999999999999999d",
            "30500568904943w",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn points_in_time() {
        let cases = [
            ("1h", 1_800_003_600_000),
            ("2030-01-31", 1_896_048_000_000),
            ("2030-01-31T12:00:00Z", 1_896_091_200_000),
            ("2030-01-31T12:00:00+01:00", 1_896_087_600_000),
        ];
        for (text, expected) in cases {
            assert_eq!(point(text, now()), Ok(expected), "{text}");
        }
        for text in ["", "tomorrow", "2030-02-30", "2030-01-31T12:00:00", "1999-01-01", "2027-01-15", "99999999999w"] {
            assert!(point(text, now()).is_err(), "{text}");
        }
        assert_eq!(shown(1_896_091_200_000).as_deref(), Some("2030-01-31T12:00:00Z"));
        assert_eq!(shown(u64::MAX), None);
    }
}
