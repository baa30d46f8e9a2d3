//! Where two JSON documents differ first: the one that the build would write, and the one that is there.

use oci::json::Object;
use serde_json::Value;

/// A difference between what was expected and what is there.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// The member, with the names of those that it is in; empty for the document itself.
    pub member: String,
    /// What about it, as the end of a sentence.
    pub what: &'static str,
}

/// The first difference; nothing when the values are the same in the same order.
pub fn difference(expected: &Value, actual: &Value) -> Option<Difference> {
    find(expected, actual, "")
}

fn find(expected: &Value, actual: &Value, path: &str) -> Option<Difference> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => in_objects(expected, actual, path),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            let mut pairs = expected.iter().zip(actual).enumerate();
            pairs.find_map(|(number, (expected, actual))| find(expected, actual, &format!("{path}[{number}]")))
        }
        _ => (expected != actual).then(|| told(path, "has not the value that the build writes")),
    }
}

fn in_objects(expected: &Object, actual: &Object, path: &str) -> Option<Difference> {
    let member = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(name) = actual.keys().find(|name| !expected.contains_key(*name)) {
        return Some(told(&member(name), "is not written by the build"));
    }
    if let Some(name) = expected.keys().find(|name| !actual.contains_key(*name)) {
        return Some(told(&member(name), "is written by the build and not there"));
    }
    let inner = |(name, expected): (&String, &Value)| find(expected, actual.get(name)?, &member(name));
    let found = expected.iter().find_map(inner);
    let is_ordered = expected.keys().eq(actual.keys());
    found.or_else(|| (!is_ordered).then(|| told(path, "has its members in another order than the build writes them")))
}

fn told(path: &str, what: &'static str) -> Difference {
    Difference { member: path.to_owned(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        let of = |expected: &str, actual: &str| {
            let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            difference(&parse(expected), &parse(actual)).map(|found| format!("{} {}", found.member, found.what))
        };
        assert_eq!(of(r#"{"a":[1,{"b":2}]}"#, r#"{"a":[1,{"b":2}]}"#), None);
        for (actual, expected) in [
            (r#"{"a":[1,{"b":3}]}"#, "a[1].b has not the value that the build writes"),
            (r#"{"a":[1]}"#, "a has not the value that the build writes"),
            (r#"{"a":[1,{"b":2}],"c":0}"#, "c is not written by the build"),
            (r#"{"a":[1,{}]}"#, "a[1].b is written by the build and not there"),
        ] {
            assert_eq!(of(r#"{"a":[1,{"b":2}]}"#, actual).unwrap(), expected);
        }
        assert_eq!(
            of(r#"{"x":{"a":1,"b":2}}"#, r#"{"x":{"b":2,"a":1}}"#).unwrap(),
            "x has its members in another order than the build writes them"
        );
    }
}
