//! Printing and merging JSON as `jq`, with which `rules_oci` writes documents: digests depend on every byte of a manifest and a config.
//!
//! Values are `serde_json`'s, whose objects keep the order of their keys. Which keys go into which document is not known here.

use serde_json::{Map, Value};

/// An object. A key keeps the place where it was first set; new keys go to the end.
pub type Object = Map<String, Value>;

/// The text that `jq .` prints, two spaces a level, without the line feed at its end.
///
/// Numbers are printed as `serde_json` does: integers of 64 bits and plain decimals come out as they went in, others in another
/// notation than `jq`'s.
///
/// # Panics
/// Never: a value can always be printed.
#[must_use]
pub fn to_string(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).expect("a value can be printed");
    // Unlike most printers, `jq` escapes DEL. It can only stand in a string.
    text.replace('\u{7f}', "\\u007f")
}

/// Merges `from` into `into` as `jq`'s `*` does: objects member by member, everything else replaced.
pub fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    /// The expected texts are what `jq` 1.6 and 1.7 print for the same input.
    #[test]
    fn values_are_printed_as_jq_does() {
        let containers = r#"{
  "a": [],
  "b": {},
  "c": [
    1,
    {
      "d": [
        []
      ]
    }
  ]
}"#;
        let escapes = r#""\u007f\u0001\u001f\b\f\t\r\n\u00e9\/\u2028\ud83d\ude00\u0000<&>'\"\\\u0080""#;
        let printed = "\"\\u007f\\u0001\\u001f\\b\\f\\t\\r\\n\u{e9}/\u{2028}\u{1f600}\\u0000<&>'\\\"\\\\\u{80}\"";
        for (text, expected) in [
            (r#"{"a":[],"b":{},"c":[1,{"d":[[]]}]}"#, containers),
            (r#"{"\u007f\n":true}"#, "{\n  \"\\u007f\\n\": true\n}"),
            (escapes, printed),
            ("30000000000", "30000000000"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("-1.5", "-1.5"),
            ("1.0", "1.0"),
        ] {
            assert_eq!(to_string(&parse(text)), expected);
        }
    }

    #[test]
    fn merging_is_deep_and_keeps_places() {
        for (into, from, expected) in [
            (
                r#"{"z":{"b":1,"a":{"x":1}},"y":2}"#,
                r#"{"new":0,"z":{"a":{"w":3,"x":2},"c":4}}"#,
                r#"{"z":{"b":1,"a":{"x":2,"w":3},"c":4},"y":2,"new":0}"#,
            ),
            (
                r#"{"a":[1,2],"b":null,"c":{"d":1}}"#,
                r#"{"a":[3],"b":{"e":1},"c":null}"#,
                r#"{"a":[3],"b":{"e":1},"c":null}"#,
            ),
        ] {
            let mut merged = parse(into);
            merge(&mut merged, parse(from));
            assert_eq!(merged.to_string(), expected);
        }
    }

    #[test]
    fn the_last_of_equal_keys_counts_at_the_place_of_the_first() {
        assert_eq!(parse(r#"{"a":1,"b":2,"a":3}"#).to_string(), json!({"a": 3, "b": 2}).to_string());
    }
}
