//! Times in documents: RFC 3339 as Go's decoder reads it, which is stricter than most.

use chrono::DateTime;

/// Whether this JSON text is a time. Go looks at it as it is written: an escape in it is no digit.
pub fn is_time(json: &str) -> bool {
    let text = json.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    text.is_some_and(is_rfc3339)
}

/// Whether a text is a time to every client: `2006-01-02T15:04:05`, with or without a fraction, and `Z` or an offset.
/// A blank for the `T`, small letters, a comma and a leap second are not.
#[must_use]
pub fn is_rfc3339(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let Some((start, rest)) = text.as_bytes().split_at_checked(FORM.len()) else { return false };
    let is_of_form = start.iter().zip(FORM).all(|(actual, form)| match form {
        b'0' => actual.is_ascii_digit(),
        form => actual == form,
    });
    let offset: &[u8] = match rest {
        [b'.', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 { &[] } else { &fraction[digits..] }
        }
        rest => rest,
    };
    let is_offset = match offset {
        b"Z" => true,
        [b'+' | b'-', hours @ .., b':', _, _] => hours.len() == 2,
        _ => false,
    };
    is_of_form && is_offset && !start.ends_with(b"60") && DateTime::parse_from_rfc3339(text).is_ok()
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
            "2023-02-29T00:00:00Z",
            "1970-01-01T00:00:00+0000",
            "1970-01-01T00:00:00+24:00",
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
