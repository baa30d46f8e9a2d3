//! Printing: what `jq .` writes, two spaces a level and no newline at the end.

use std::fmt::{Display, Formatter, Result, Write as _};

use super::Json;

impl Display for Json {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        print(self, 0, formatter)
    }
}

fn print(value: &Json, depth: usize, out: &mut Formatter<'_>) -> Result {
    match value {
        Json::Null => out.write_str("null"),
        Json::Bool(value) => write!(out, "{value}"),
        Json::Number(number) => write!(out, "{number}"),
        Json::String(text) => print_string(text, out),
        Json::Array(elements) if elements.is_empty() => out.write_str("[]"),
        Json::Array(elements) => {
            out.write_char('[')?;
            for (position, element) in elements.iter().enumerate() {
                start_line(position > 0, depth + 1, out)?;
                print(element, depth + 1, out)?;
            }
            start_line(false, depth, out)?;
            out.write_char(']')
        }
        Json::Object(members) if members.is_empty() => out.write_str("{}"),
        Json::Object(members) => {
            out.write_char('{')?;
            for (position, (key, member)) in members.iter().enumerate() {
                start_line(position > 0, depth + 1, out)?;
                print_string(key, out)?;
                out.write_str(": ")?;
                print(member, depth + 1, out)?;
            }
            start_line(false, depth, out)?;
            out.write_char('}')
        }
    }
}

fn start_line(after_another: bool, depth: usize, out: &mut Formatter<'_>) -> Result {
    if after_another {
        out.write_char(',')?;
    }
    write!(out, "\n{:indent$}", "", indent = 2 * depth)
}

/// Unlike most printers, `jq` escapes DEL too.
fn print_string(text: &str, out: &mut Formatter<'_>) -> Result {
    out.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{c}' => out.write_str("\\f")?,
            '\0'..='\u{1f}' | '\u{7f}' => write!(out, "\\u{:04x}", u32::from(character))?,
            _ => out.write_char(character)?,
        }
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected texts are what `jq` 1.6 and 1.7 print for the same input.
    #[test]
    fn nested_and_empty_containers() {
        let value: Json = serde_json::from_str(r#"{"a":[],"b":{},"c":[1,{"d":[[]]}],"e":{"f":null}}"#).unwrap();
        let expected = r#"{
  "a": [],
  "b": {},
  "c": [
    1,
    {
      "d": [
        []
      ]
    }
  ],
  "e": {
    "f": null
  }
}"#;
        assert_eq!(value.to_string(), expected);
    }

    #[test]
    fn escapes() {
        let value: Json =
            serde_json::from_str(r#""\u007f\u0001\u001f\b\f\t\r\n\u00e9\/\u2028\ud83d\ude00\u0000<&>'\"\\\u0080""#)
                .unwrap();
        let expected = "\"\\u007f\\u0001\\u001f\\b\\f\\t\\r\\n\u{e9}/\u{2028}\u{1f600}\\u0000<&>'\\\"\\\\\u{80}\"";
        assert_eq!(value.to_string(), expected);
    }

    #[test]
    fn keys_are_escaped_too() {
        assert_eq!(Json::object([("a\n", Json::Bool(true))]).to_string(), "{\n  \"a\\n\": true\n}");
    }
}
