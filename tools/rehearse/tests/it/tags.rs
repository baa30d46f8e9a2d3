//! Which tags start which workflow: no tag starts both.
//!
//! A pattern is taken as GitHub documents it ("Filter pattern cheat sheet"): `*` is any characters but `/`, `+` and `?` repeat
//! what is before them, `[]` is one character, all else is itself.

use release_tag::ServiceName;
use serde_json::json;

use super::workflows::{CI, CLIENT, SERVICES, read};

/// What follows the service in the tags that start a release.
const VERSION: &str = "v[0-9]+.[0-9]+.[0-9]+*";

/// The service that the client's tags name.
const CLIENT_SERVICE: &str = "cli";

/// The patterns of the tags that start a workflow; nothing else may start it.
fn patterns(name: &str) -> Vec<String> {
    let workflow = read(name);
    let on = workflow["on"].as_object().unwrap();
    assert_eq!(on.keys().collect::<Vec<_>>(), ["push"], "{name}");
    assert_eq!(on["push"].as_object().unwrap().keys().collect::<Vec<_>>(), ["tags"], "{name}");
    let patterns = on["push"]["tags"].as_array().unwrap();
    assert!(!patterns.is_empty(), "{name}");
    patterns.iter().map(|pattern| pattern.as_str().unwrap().to_owned()).collect()
}

/// What is before the first `/` of a pattern, and so of each tag that it fits: it has to be text, and no pattern.
fn service(pattern: &str) -> &str {
    let (service, version) = pattern.split_once('/').unwrap_or_else(|| panic!("`{pattern}` names no service"));
    assert_eq!(version, VERSION, "{pattern}");
    let is_text = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    assert!(!service.is_empty() && service.bytes().all(is_text), "{pattern}");
    service
}

#[test]
fn no_tag_starts_both_workflows() {
    let (services, client) = (patterns(SERVICES), patterns(CLIENT));
    assert_eq!(client.iter().map(|pattern| service(pattern)).collect::<Vec<_>>(), [CLIENT_SERVICE]);
    // Each service is one of the tree, which `make bazel` writes, and none of them is the client: a tag that fits patterns of
    // both workflows would begin with two names at once.
    for pattern in &services {
        assert_ne!(service(pattern), CLIENT_SERVICE);
        ServiceName::parse(service(pattern)).unwrap().check_reserved().unwrap();
    }
    ServiceName::parse(CLIENT_SERVICE).unwrap().check_reserved().unwrap_err();
    // And CI runs for none.
    assert_eq!(read(CI)["on"]["push"], json!({"branches": ["main"]}));
}

#[test]
fn a_tag_starts_what_it_names() {
    let of = [SERVICES, CLIENT].map(|name| (name, patterns(name)));
    for (tag, expected) in [
        ("api/v1.2.3", Some(SERVICES)),
        ("api/v1.2.3-rc.1", Some(SERVICES)),
        ("control-api/v10.20.30", Some(SERVICES)),
        ("cli/v1.2.3", Some(CLIENT)),
        ("cli/v1.2.3-rc.1", Some(CLIENT)),
        // Not the patterns', but the release tool's to refuse.
        ("cli/v1.2.3$(id)", Some(CLIENT)),
        ("api/v01.2.3", Some(SERVICES)),
        ("v1.2.3", None),
        ("cli/v1.2", None),
        ("cli/1.2.3", None),
        ("cli/v1.2.x", None),
        ("cli/v1.2.3/api", None),
        ("xcli/v1.2.3", None),
        ("clix/v1.2.3", None),
        ("cli-api/v1.2.3", None),
        ("CLI/v1.2.3", None),
        ("api/cli/v1.2.3", None),
        ("cli/api/v1.2.3", None),
        ("cli/cli/v1.2.3", None),
        ("/cli/v1.2.3", None),
        ("unknown/v1.2.3", None),
    ] {
        let started = of.iter().filter(|(_, patterns)| patterns.iter().any(|pattern| fits(pattern, tag)));
        let started: Vec<_> = started.map(|(name, _)| *name).collect();
        assert_eq!(started, expected.into_iter().collect::<Vec<_>>(), "{tag}");
    }
}

#[test]
fn patterns_are_read_as_github_does() {
    for (pattern, text, expected) in [
        ("v[0-9]", "v5", true),
        ("v[0-9]", "v", false),
        ("v[0-9]", "v55", false),
        ("v[0-9]+", "v", false),
        ("v[0-9]+", "v123", true),
        ("v[0-9]+*", "v1-rc", true),
        ("v[0-9]+*", "v1/rc", false),
        ("a.b", "a.b", true),
        ("a.b", "axb", false),
        ("*", "", true),
        ("*", "a/b", false),
        ("*/b", "a/b", true),
        ("[abx-z]", "y", true),
        ("[abx-z]", "c", false),
        ("[abx-z]", "-", false),
    ] {
        assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
    }
}

/// Whether a pattern fits a whole text.
fn fits(pattern: &str, text: &str) -> bool {
    if pattern.is_empty() {
        return text.is_empty();
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        assert!(!rest.starts_with('*'), "`**` is not known here");
        let longest = text.find('/').unwrap_or(text.len());
        return (0..=longest).filter(|end| text.is_char_boundary(*end)).any(|end| fits(rest, &text[end..]));
    }
    let (part, rest) = first_part(pattern);
    let length_of_one = |text: &str| text.chars().next().filter(|first| is_in(part, *first)).map(char::len_utf8);
    let Some(rest) = rest.strip_prefix('+') else {
        return length_of_one(text).is_some_and(|length| fits(rest, &text[length..]));
    };
    let mut left = text;
    while let Some(length) = length_of_one(left) {
        left = &left[length..];
        if fits(rest, left) {
            return true;
        }
    }
    false
}

/// The first part of a pattern, which stands for one character, and what follows it.
fn first_part(pattern: &str) -> (&str, &str) {
    assert!(!pattern.starts_with(['!', '?', '+', '\\']), "`{pattern}` begins with what is not known here");
    let length = if pattern.starts_with('[') { pattern.find(']').unwrap() } else { 0 };
    pattern.split_at(length + 1)
}

/// Whether such a part stands for a character.
fn is_in(part: &str, character: char) -> bool {
    let Some(set) = part.strip_prefix('[').and_then(|set| set.strip_suffix(']')) else {
        return part.starts_with(character);
    };
    let set: Vec<char> = set.chars().collect();
    let mut left = set.as_slice();
    while let [first, others @ ..] = left {
        let (last, others) = if let ['-', last, others @ ..] = others { (last, others) } else { (first, others) };
        if (*first..=*last).contains(&character) {
            return true;
        }
        left = others;
    }
    false
}
