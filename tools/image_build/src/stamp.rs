//! Filling in what Bazel knows about a build: `{STABLE_...}` in a template becomes the value in the workspace status.
//!
//! Only stable keys: a volatile value would change an image with the time of its build.

use crate::Error;

/// The prefix of the keys that can be filled in.
const PREFIX: &str = "STABLE_";

/// The template with every `{STABLE_...}` replaced by the value in `status`, which has a `KEY value` on each line. All
/// other text, braces too, stays; a value is not filled in again.
///
/// # Errors
/// When a key is not in `status`.
pub fn stamp(template: &str, status: &str) -> Result<String, Error> {
    let mut stamped = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        stamped.push_str(before);
        if let Some((key, following)) = key(after) {
            let value = value(status, key).ok_or_else(|| Error::UnknownKey { key: key.to_owned() })?;
            stamped.push_str(value);
            rest = following;
        } else {
            stamped.push('{');
            rest = after;
        }
    }
    stamped.push_str(rest);
    Ok(stamped)
}

/// The key that stands here before a closing brace, and what follows that.
fn key(text: &str) -> Option<(&str, &str)> {
    let (key, following) = text.split_once('}')?;
    let is_key = key.starts_with(PREFIX) && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_key.then_some((key, following))
}

/// A line without a space is a key with an empty value: Bazel writes it when the status command printed nothing more.
fn value<'a>(status: &'a str, key: &str) -> Option<&'a str> {
    let pairs = status.lines().map(|line| line.split_once(' ').unwrap_or((line, "")));
    pairs.rev().find(|(name, _)| *name == key).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str =
        "BUILD_USER me\nSTABLE_VERSION v1.2.3\nSTABLE_TITLE two words {STABLE_VERSION}\nSTABLE_EMPTY\n";

    #[test]
    fn keys_are_filled_in_once() {
        let template = "version={STABLE_VERSION}\nt={STABLE_TITLE}{STABLE_EMPTY}.\n";
        assert_eq!(stamp(template, STATUS).unwrap(), "version=v1.2.3\nt=two words {STABLE_VERSION}.\n");
    }

    #[test]
    fn other_braces_stay() {
        for template in ["", "{", "}", "{}", "{a}", "{BUILD_USER}", "{STABLE_VERSION", "{STABLE-X}", "${{ x }}"] {
            assert_eq!(stamp(template, STATUS).unwrap(), template);
        }
        assert_eq!(stamp("{{STABLE_VERSION}}", STATUS).unwrap(), "{v1.2.3}");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = stamp("{STABLE_NOPE}", STATUS).unwrap_err();
        assert_eq!(error.to_string(), "the workspace status has no key `STABLE_NOPE`");
        assert!(stamp("{STABLE_}", STATUS).is_err());
    }
}
