//! Whether a tag starts a workflow: GitHub's patterns for names of tags and branches.
//!
//! `*` is any characters but slashes, `**` any, `?` and `+` repeat what stands before them, `[...]` is a set, a backslash takes a
//! character as it is. A pattern that begins with `!` takes back what the ones before it have let through.

/// Whether one of these patterns lets the tag through.
#[must_use]
pub fn matches(patterns: &[String], tag: &str) -> bool {
    patterns.iter().fold(false, |is_through, pattern| match pattern.strip_prefix('!') {
        Some(pattern) => is_through && !matches_one(pattern, tag),
        None => is_through || matches_one(pattern, tag),
    })
}

/// One character of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Atom {
    Character(char),
    /// Any of these ranges.
    Set(Vec<(char, char)>),
    NoSlash,
    Any,
}

/// How often it may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    AtMostOnce,
    AtLeastOnce,
    AnyNumber,
}

impl Atom {
    fn matches(&self, character: char) -> bool {
        match self {
            Self::Character(own) => *own == character,
            Self::Set(ranges) => ranges.iter().any(|(first, last)| (*first..=*last).contains(&character)),
            Self::NoSlash => character != '/',
            Self::Any => true,
        }
    }
}

fn matches_one(pattern: &str, tag: &str) -> bool {
    let tag: Vec<char> = tag.chars().collect();
    // Every place of the tag that the atoms so far can end at: no pattern takes longer than its length times the tag's.
    let mut places = vec![false; tag.len() + 1];
    places[0] = true;
    for (atom, times) in atoms(pattern) {
        places = step(&places, &tag, &atom, times);
    }
    places[tag.len()]
}

fn step(places: &[bool], tag: &[char], atom: &Atom, times: Times) -> Vec<bool> {
    let may_repeat = matches!(times, Times::AtLeastOnce | Times::AnyNumber);
    let may_lack = matches!(times, Times::AtMostOnce | Times::AnyNumber);
    let mut next = vec![false; places.len()];
    for place in 0..places.len() {
        let follows = place > 0 && atom.matches(tag[place - 1]);
        let from = place > 0 && (places[place - 1] || (may_repeat && next[place - 1]));
        next[place] = (follows && from) || (may_lack && places[place]);
    }
    next
}

fn atoms(pattern: &str) -> Vec<(Atom, Times)> {
    let mut atoms: Vec<(Atom, Times)> = Vec::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        let atom = match character {
            '*' if characters.next_if_eq(&'*').is_some() => (Atom::Any, Times::AnyNumber),
            '*' => (Atom::NoSlash, Times::AnyNumber),
            '?' | '+' => {
                if let Some((_, times)) = atoms.last_mut() {
                    *times = if character == '?' { Times::AtMostOnce } else { Times::AtLeastOnce };
                }
                continue;
            }
            '[' => (set(&mut characters), Times::Once),
            '\\' => (Atom::Character(characters.next().unwrap_or('\\')), Times::Once),
            other => (Atom::Character(other), Times::Once),
        };
        atoms.push(atom);
    }
    atoms
}

/// The set whose bracket has been read.
fn set(characters: &mut impl Iterator<Item = char>) -> Atom {
    let inner: Vec<char> = characters.take_while(|character| *character != ']').collect();
    let mut ranges = Vec::new();
    let mut rest = inner.as_slice();
    while let [first, tail @ ..] = rest {
        if let ['-', last, after @ ..] = tail {
            ranges.push((*first, *last));
            rest = after;
        } else {
            ranges.push((*first, *first));
            rest = tail;
        }
    }
    Atom::Set(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_match_as_on_github() {
        for (pattern, tag, expected) in [
            ("api/v[0-9]+.[0-9]+.[0-9]+*", "api/v1.2.3", true),
            ("api/v[0-9]+.[0-9]+.[0-9]+*", "api/v10.20.30-rc.1", true),
            ("api/v[0-9]+.[0-9]+.[0-9]+*", "api/v1.2.3$(id)", true),
            ("api/v[0-9]+.[0-9]+.[0-9]+*", "api/v1.2", false),
            ("api/v[0-9]+.[0-9]+.[0-9]+*", "api/v1.2.3/x", false),
            ("api/v[0-9]+.[0-9]+.[0-9]+*", "control-api/v1.2.3", false),
            ("api/v[0-9]+.[0-9]+.[0-9]+*", "api/va.2.3", false),
            ("**", "a/b/c", true),
            ("*", "a/b", false),
            ("ab?c", "ac", true),
            ("ab?c", "abbc", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("[a-cx]+", "abcx", true),
            ("", "", true),
        ] {
            assert_eq!(matches(&[pattern.to_owned()], tag), expected, "{pattern} {tag}");
        }
    }

    #[test]
    fn the_order_of_patterns_counts() {
        let patterns = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(!matches(&[], "a"));
        assert!(!matches(&patterns(&["a*", "!ab"]), "ab"));
        assert!(matches(&patterns(&["a*", "!ab", "ab"]), "ab"));
        assert!(!matches(&patterns(&["!ab"]), "ac"));
    }

    #[test]
    fn a_hostile_pattern_takes_no_time() {
        let tag = "a".repeat(5000);
        assert!(!matches(&["**a**a**a**a**a**a**a**b".to_owned()], &tag));
    }
}
