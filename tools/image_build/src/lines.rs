//! The text files that describe an image: lists, pairs and comma separated lines, as `rules_oci` reads them with `jq`.
//!
//! Environment files have rules of their own: `container_environment`.

use serde_json::Value;

use oci::json::Object;

/// Stands for a newline inside an entry of a [`list`].
const ENCODED_NEWLINE: &str = "%5Cn";

/// One entry a line. Empty lines are dropped and `%5Cn` becomes a newline.
#[must_use]
pub fn list(text: &str) -> Vec<String> {
    lines(text).map(|line| line.replace(ENCODED_NEWLINE, "\n")).collect()
}

/// One `name=value` a line, split at the first `=`; a line without one is a name with an empty value. Empty lines are
/// dropped. The last of several equal names counts, at the first one's place.
#[must_use]
pub fn pairs(text: &str) -> Object {
    lines(text)
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            (name.to_owned(), value.into())
        })
        .collect()
}

/// An object with an empty object for each entry of a comma separated line. Newlines are not special: one at the
/// file's end is part of the last entry.
#[must_use]
pub fn set(text: &str) -> Object {
    if text.is_empty() {
        return Object::new();
    }
    text.split(',').map(|entry| (entry.to_owned(), Value::Object(Object::new()))).collect()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(object: &Object) -> Vec<(&str, &str)> {
        object.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or("{}"))).collect()
    }

    #[test]
    fn lists() {
        assert_eq!(list(""), [""; 0]);
        assert_eq!(list("\n\n"), [""; 0]);
        assert_eq!(list("a\n\n b \n"), ["a", " b "]);
        assert_eq!(list("%5Cna%5Cn%5Cnb%5cn\r"), ["\na\n\nb%5cn\r"]);
    }

    #[test]
    fn pairs_split_at_the_first_equals_sign() {
        assert_eq!(names(&pairs("a=b=c\n\nnothing\n=x\ne=\n")), [("a", "b=c"), ("nothing", ""), ("", "x"), ("e", "")]);
    }

    #[test]
    fn the_last_of_equal_names_counts() {
        assert_eq!(names(&pairs("a=1\nb=2\na=3")), [("a", "3"), ("b", "2")]);
    }

    #[test]
    fn sets() {
        assert_eq!(names(&set("")), []);
        assert_eq!(names(&set("80,90")), [("80", "{}"), ("90", "{}")]);
        assert_eq!(names(&set("80,80,")), [("80", "{}"), ("", "{}")]);
        assert_eq!(names(&set("80\n")), [("80\n", "{}")]);
    }
}
