//! Parsing: `serde_json`'s grammar, with `jq`'s answers where JSON leaves room. The last of several equal keys counts,
//! at the first one's place, and a number keeps its digits.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Json, Number, Object};

/// Deeper nesting is refused, so that no input can exhaust the stack. What registries accept is far from it.
const DEPTH_LIMIT: usize = 128;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        from_raw(raw.get(), DEPTH_LIMIT).map_err(D::Error::custom)
    }
}

/// The value that `text`, one JSON value without space around it, stands for.
fn from_raw(text: &str, depth_left: usize) -> Result<Json, serde_json::Error> {
    if depth_left == 0 {
        return Err(serde_json::Error::custom(format!("nested deeper than {DEPTH_LIMIT} levels")));
    }
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let RawObject(members) = serde_json::from_str(text)?;
            let parsed = members.into_iter().map(|(key, value)| Ok((key, from_raw(value.get(), depth_left - 1)?)));
            Json::Object(parsed.collect::<Result<Object, serde_json::Error>>()?)
        }
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(text)?;
            let parsed = elements.into_iter().map(|value| from_raw(value.get(), depth_left - 1));
            Json::Array(parsed.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Json::String(serde_json::from_str(text)?),
        Some(b't' | b'f') => Json::Bool(serde_json::from_str(text)?),
        Some(b'n') => Json::Null,
        _ => Json::Number(Number::from_literal(text)),
    })
}

/// The members of an object in the order of the text, equal keys and all.
pub(crate) struct RawObject<'de>(pub(crate) Vec<(String, &'de RawValue)>);

impl<'de> Deserialize<'de> for RawObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = RawObject<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(RawObject(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_keys_counts_at_the_place_of_the_first() {
        let value: Json = serde_json::from_str(r#"{"a":1,"b":2,"a":{"c":[true,false,null]}}"#).unwrap();
        let inner = Json::object([("c", Json::Array(vec![Json::Bool(true), Json::Bool(false), Json::Null]))]);
        assert_eq!(value, Json::object([("a", inner), ("b", 2.into())]));
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(serde_json::from_str::<Json>(&nested(DEPTH_LIMIT)).is_ok());
        let error = serde_json::from_str::<Json>(&nested(200_000)).unwrap_err().to_string();
        assert!(error.starts_with("nested deeper than 128 levels"), "{error}");
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{", r#"{"a":}"#, "01", "nan", "[1,]", "{} {}", r#""\ud800""#, "\"\u{1}\""] {
            assert!(serde_json::from_str::<Json>(text).is_err(), "{text}");
        }
        assert!(serde_json::from_slice::<Json>(b"\"\xff\"").is_err());
    }
}
