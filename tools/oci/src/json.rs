//! JSON as `jq` 1.7 reads and prints it: digests depend on every byte of a manifest and a config.
//!
//! Owns the value, its order of keys and its bytes. Which keys go into which document is `assemble`'s and `index`'s
//! business. `serde_json::Value` will not do: it prints numbers and control characters in another way than `jq`.

mod difference;
mod number;
mod parse;
mod print;

use indexmap::IndexMap;

pub use difference::{Difference, difference};
pub use number::Number;
pub(crate) use parse::RawObject;

/// An object. A key keeps the place where it was first set; new keys go to the end.
pub type Object = IndexMap<String, Json>;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, kept as the text that `jq` prints for it.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Object),
}

impl Json {
    /// An object of these members, in this order.
    #[must_use]
    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The member `key`; nothing when this is no object or has no such member.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Self::Object(object) => object.get(key),
            _ => None,
        }
    }

    /// The text, when this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value as an object, after making `null` an empty one; nothing when it is something else.
    pub fn object_or_null(&mut self) -> Option<&mut Object> {
        if *self == Self::Null {
            *self = Self::Object(Object::new());
        }
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The value as an array, after making `null` an empty one; nothing when it is something else.
    pub fn array_or_null(&mut self) -> Option<&mut Vec<Json>> {
        if *self == Self::Null {
            *self = Self::Array(Vec::new());
        }
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// What the value is, as a sentence about it would say.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

/// Merges `from` into `into` as `jq`'s `*` does: objects member by member, everything else replaced.
pub fn merge(into: &mut Object, from: Object) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Json::Object(old)), Json::Object(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    fn merged(into: &str, from: &str) -> String {
        let (Json::Object(mut into), Json::Object(from)) = (parse(into), parse(from)) else { panic!("not objects") };
        merge(&mut into, from);
        Json::Object(into).to_string().split_whitespace().collect()
    }

    #[test]
    fn merging_is_deep_and_keeps_places() {
        assert_eq!(
            merged(r#"{"z":{"b":1,"a":{"x":1}},"y":2}"#, r#"{"new":0,"z":{"a":{"w":3,"x":2},"c":4}}"#),
            r#"{"z":{"b":1,"a":{"x":2,"w":3},"c":4},"y":2,"new":0}"#
        );
    }

    #[test]
    fn merging_replaces_what_is_not_two_objects() {
        assert_eq!(merged(r#"{"a":[1,2],"b":null,"c":{"d":1}}"#, r#"{"a":[3],"b":{"e":1},"c":null}"#), {
            r#"{"a":[3],"b":{"e":1},"c":null}"#
        });
    }

    #[test]
    fn null_becomes_an_empty_container_and_nothing_else_does() {
        assert_eq!(Json::Null.object_or_null().unwrap().len(), 0);
        assert_eq!(Json::Null.array_or_null().unwrap().len(), 0);
        assert!(parse("[]").object_or_null().is_none());
        assert!(parse("{}").array_or_null().is_none());
    }
}
