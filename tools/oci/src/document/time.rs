//! Times in documents: RFC 3339 as Go's decoder reads it, which is stricter than most.

/// Whether this JSON text is a time. Go looks at it as it is written: an escape in it is no digit.
pub fn is_time(json: &str) -> bool {
    let text = json.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    text.is_some_and(is_rfc3339)
}

/// Whether a text is a time to every client: `2006-01-02T15:04:05`, with or without a fraction, and `Z` or an offset.
/// A blank for the `T`, small letters, a comma and a leap second are not.
#[must_use]
pub fn is_rfc3339(text: &str) -> bool {
    const FORM: &str = "0000-00-00T00:00:00";
    let is_digit = |character: char| character.is_ascii_digit();
    let Some((time, rest)) = text.split_at_checked(FORM.len()) else { return false };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with(is_digit) => fraction.trim_start_matches(is_digit),
        Some(_) => return false,
        None => rest,
    };
    has_form(time, FORM) && exists(time) && is_offset(offset)
}

/// Whether `text` has digits where `form` has them, and everything else the same.
fn has_form(text: &str, form: &str) -> bool {
    let is_same = |(actual, form): (u8, u8)| if form == b'0' { actual.is_ascii_digit() } else { actual == form };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(is_same)
}

/// Whether there is such a day and time of day; of a text that has the form.
fn exists(time: &str) -> bool {
    let number = |digits: &str| digits.parse::<u32>().unwrap_or_default();
    let year = number(&time[..4]);
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match number(&time[5..7]) {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let is_time_of_day = &time[11..13] < "24" && &time[14..16] < "60" && &time[17..] < "60";
    (1..=days).contains(&number(&time[8..10])) && is_time_of_day
}

fn is_offset(text: &str) -> bool {
    let is_difference = |text: &str| has_form(text, "00:00") && &text[..2] < "24" && &text[3..] < "60";
    text == "Z" || text.strip_prefix(['+', '-']).is_some_and(is_difference)
}

/// Whether a time has the form in which the build writes that of a commit: whole seconds of UTC.
#[must_use]
pub fn is_whole_utc(text: &str) -> bool {
    is_rfc3339(text) && text.len() == "2006-01-02T15:04:05Z".len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_what_go_reads() {
        for text in [
            "1970-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "2024-02-29T23:59:59.123456789123Z",
            "2024-01-02T03:04:05.6+05:45",
            "2024-01-02T03:04:05-00:00",
        ] {
            assert!(is_rfc3339(text), "{text}");
            assert!(is_time(&format!("\"{text}\"")), "{text}");
        }
        for text in [
            "",
            "x",
            "1970-01-01 00:00:00Z",
            "1970-01-01t00:00:00Z",
            "1970-01-01T00:00:00z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00,5Z",
            "1970-01-01T0:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:60:00Z",
            "1970-00-01T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-04-31T00:00:00Z",
            "1970-01-00T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "1970-01-01T00:00:00+0000",
            "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00+01:60",
            "1970-01-01T00:00:0\u{e9}Z",
            "1970-01-01T00:00:00Z\n",
            " 1970-01-01T00:00:00Z",
        ] {
            assert!(!is_rfc3339(text), "{text}");
        }
        assert!(!is_time("\"\\u0031970-01-01T00:00:00Z\""));
        assert!(!is_time("1970"));
    }

    #[test]
    fn the_build_writes_whole_seconds_of_utc() {
        assert!(is_whole_utc("2025-02-03T04:05:06Z"));
        for text in ["2025-02-03T04:05:06.0Z", "2025-02-03T04:05:06+00:00", "2025-02-03T04:05:06", "x"] {
            assert!(!is_whole_utc(text), "{text}");
        }
    }
}
