//! How pre-releases of one version count: `-rc.1`, `-rc.2`, and the other ways in which people write that.
//!
//! Owns labels, the ways of counting, and which pre-release comes next. What speaks against one is `plan`'s.

use std::fmt;
use std::str::FromStr;

use terminal::printable;

use crate::{Error, Version};

/// The longest label: room is left for a version in front of it and a number behind it.
const LENGTH_LIMIT: usize = 64;

/// The label of a series of pre-releases: one `SemVer` identifier that begins with a letter, such as `rc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(String);

impl Label {
    /// The label of release candidates.
    #[must_use]
    pub fn release_candidate() -> Self {
        Self("rc".to_owned())
    }

    fn is_valid(text: &str) -> bool {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && text.len() <= LENGTH_LIMIT
    }
}

impl FromStr for Label {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if Self::is_valid(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Label { label: printable::name(text.as_ref()) })
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A way of counting: the label as it is spelled, and what stands between it and the number: `.`, `-` or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Series<'a> {
    label: &'a str,
    separator: &'a str,
}

/// One pre-release of a series.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    series: Series<'a>,
    number: u64,
    /// How many digits are written, zeros in front included.
    width: usize,
}

impl<'a> Place<'a> {
    /// Nothing for what does not end in a number behind a label.
    fn of(version: &'a Version) -> Option<Self> {
        let text = version.prerelease();
        let front = text.trim_end_matches(|last: char| last.is_ascii_digit());
        let digits = &text[front.len()..];
        let label = front.strip_suffix(['.', '-']).unwrap_or(front);
        let series = Series { label, separator: &front[label.len()..] };
        Label::is_valid(label).then_some(Self { series, number: digits.parse().ok()?, width: digits.len() })
    }

    /// The text of the pre-release behind it.
    fn next(&self) -> Option<String> {
        let Series { label, separator } = self.series;
        Some(format!("{label}{separator}{:0width$}", self.number.checked_add(1)?, width = self.width))
    }
}

/// The pre-release of `base` that comes next in the series of a label, as what exists of that base counts: behind `-rc1`
/// comes `-rc2`, behind `-RC.1` comes `-RC.2`, and the first one is `-LABEL.1`. Whether it is the highest of all is another
/// question.
///
/// # Errors
/// When what exists counts in two ways, or has come to the end of numbers.
pub fn next<'a>(base: &Version, label: &Label, existing: impl Iterator<Item = &'a Version>) -> Result<Version, Error> {
    let places = existing.filter(|version| version.has_base_of(base)).filter_map(|version| {
        let place = Place::of(version)?;
        place.series.label.eq_ignore_ascii_case(&label.0).then_some((version, place))
    });
    let places: Vec<(&Version, Place)> = places.collect();
    let Some((last, place)) = places.iter().max_by_key(|(_, place)| place.number) else {
        return base.with_prerelease(&format!("{label}.1")).ok_or_else(|| Error::End { last: base.clone() });
    };
    let others = places.iter().filter(|(_, other)| other.series != place.series);
    if let Some((other, _)) = others.max_by_key(|(_, other)| other.number) {
        return Err(Error::Ambiguous { one: (*last).clone(), other: (*other).clone() });
    }
    let next = place.next().and_then(|text| base.with_prerelease(&text));
    next.ok_or_else(|| Error::End { last: (*last).clone() })
}

/// Whatever exists of the version's base and counts the same label in another way, where nothing counts as this one does.
#[must_use]
pub fn other_series<'a>(version: &Version, existing: &[&'a Version]) -> Option<&'a Version> {
    let series = Place::of(version)?.series;
    let mut other = None;
    for known in existing.iter().filter(|known| known.has_base_of(version)) {
        match Place::of(known) {
            Some(place) if place.series == series => return None,
            Some(place) if place.series.label.eq_ignore_ascii_case(series.label) => other = Some(*known),
            _ => {}
        }
    }
    other
}

/// A pre-release of the same base that is higher: the next of its series, or where `SemVer` orders that below (`rc10` is a
/// word, and lower than `rc9`), one with a further part.
#[must_use]
pub fn above(version: &Version) -> Option<Version> {
    let counted = Place::of(version).and_then(|place| version.with_prerelease(&place.next()?));
    let longer = || version.with_prerelease(&format!("{}.1", version.prerelease()));
    counted.filter(|next| next > version).or_else(longer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"))
    }

    fn next_of(label: &str, existing: &[&str]) -> Result<String, Error> {
        let existing: Vec<Version> = existing.iter().map(|text| version(text)).collect();
        next(&version("v1.3.0"), &label.parse().unwrap(), existing.iter()).map(|version| version.to_string())
    }

    #[test]
    fn a_series_goes_on_as_it_counts() {
        let cases: [(&[&str], &str); 15] = [
            (&[], "v1.3.0-rc.1"),
            (&["v1.3.0-rc.1", "v1.3.0-rc.10", "v1.3.0-rc.9"], "v1.3.0-rc.11"),
            (&["v1.3.0-rc1", "v1.3.0-rc2"], "v1.3.0-rc3"),
            (&["v1.3.0-rc9"], "v1.3.0-rc10"),
            (&["v1.3.0-rc01", "v1.3.0-rc09"], "v1.3.0-rc10"),
            (&["v1.3.0-rc-1"], "v1.3.0-rc-2"),
            (&["v1.3.0-rc-001"], "v1.3.0-rc-002"),
            (&["v1.3.0-RC.1"], "v1.3.0-RC.2"),
            (&["v1.3.0-rc.0"], "v1.3.0-rc.1"),
            (&["v1.3.0-rc"], "v1.3.0-rc.1"),
            (&["v1.3.0-rc.4", "v1.3.0-rc"], "v1.3.0-rc.5"),
            (&["v1.3.1-rc7", "v1.2.0-rc.7"], "v1.3.0-rc.1"),
            (&["v1.3.0-beta7", "v1.3.0-rc.x.9"], "v1.3.0-rc.1"),
            (&["v1.3.0-rc.x", "v1.3.0-rc.1.2"], "v1.3.0-rc.1"),
            (&["v1.3.0"], "v1.3.0-rc.1"),
        ];
        for (existing, expected) in cases {
            assert_eq!(next_of("rc", existing).as_deref(), Ok(expected), "after {existing:?}");
        }
        assert_eq!(next_of("beta", &["v1.3.0-beta2", "v1.3.0-alpha.1"]).as_deref(), Ok("v1.3.0-beta3"));
        assert_eq!(next_of("rc2", &["v1.3.0-rc2", "v1.3.0-rc2.4"]).as_deref(), Ok("v1.3.0-rc2.5"));
    }

    #[test]
    fn two_ways_of_counting_are_ambiguous() {
        for (one, other) in [("rc2", "rc.1"), ("rc-3", "rc1"), ("RC.2", "rc.1")] {
            let (one, other) = (format!("v1.3.0-{one}"), format!("v1.3.0-{other}"));
            let expected = Error::Ambiguous { one: version(&one), other: version(&other) };
            assert_eq!(next_of("rc", &[&other, &one]), Err(expected));
        }
    }

    #[test]
    fn numbers_end() {
        let last = format!("v1.3.0-rc.{}", u64::MAX);
        assert_eq!(next_of("rc", &[&last]), Err(Error::End { last: version(&last) }));
    }

    #[test]
    fn a_second_series_is_seen() {
        let existing = ["v1.3.0-rc1", "v1.3.0-beta.1", "v1.2.0-rc.1"].map(version);
        let existing: Vec<&Version> = existing.iter().collect();
        for (text, expected) in [
            ("v1.3.0-rc.2", Some("v1.3.0-rc1")),
            ("v1.3.0-rc-2", Some("v1.3.0-rc1")),
            ("v1.3.0-rc2", None),
            ("v1.3.0-beta.2", None),
            ("v1.3.0-rc1.1", None),
            ("v1.4.0-rc.1", None),
            ("v1.3.0", None),
        ] {
            let other = other_series(&version(text), &existing).map(ToString::to_string);
            assert_eq!(other.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn there_is_always_a_higher_one() {
        for (text, expected) in [
            ("v1.3.0-rc.9", "v1.3.0-rc.10"),
            ("v1.3.0-rc8", "v1.3.0-rc9"),
            ("v1.3.0-rc9", "v1.3.0-rc9.1"),
            ("v1.3.0-rc09", "v1.3.0-rc10"),
            ("v1.3.0-rc", "v1.3.0-rc.1"),
            ("v1.3.0-7", "v1.3.0-7.1"),
            ("v1.3.0-rc.1.2", "v1.3.0-rc.1.2.1"),
        ] {
            let above = above(&version(text)).unwrap();
            assert!(above > version(text));
            assert_eq!(above.to_string(), expected);
        }
    }

    #[test]
    fn labels_are_one_identifier_with_a_letter_first() {
        for good in ["rc", "beta", "a-b", "RC2"] {
            assert_eq!(good.parse::<Label>().unwrap().to_string(), good);
        }
        for bad in ["", "1", "-a", "a.b", "a b", "a+b", "rc\n", "$(id)", "\u{440}c"] {
            assert!(bad.parse::<Label>().is_err(), "`{bad}`");
        }
    }
}
