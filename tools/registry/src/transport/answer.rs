//! What the body of an answer is, and what it says: manifests, pages for people, and errors in whichever form they come.

use serde_json::Value;
use terminal::printable::is_deceptive;

/// How much of an error's text is shown, in characters.
const DETAIL_LIMIT: usize = 300;

/// What Windows programs put in front of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The JSON in a body, with a byte order mark or without.
pub(crate) fn json(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)).ok()
}

/// Whether a body is markup, which no registry's API sends where it succeeds. The body says so itself: types are wrong in
/// both directions, Quay's `true` being `text/html`.
pub(crate) fn is_page(body: &[u8]) -> bool {
    body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii_start().starts_with(b"<")
}

/// Whether a body is a manifest or an index of any kind that a tag can point at.
pub(crate) fn is_manifest(body: &[u8]) -> bool {
    json(body).is_some_and(|value| value.get("schemaVersion").is_some() || value.get("mediaType").is_some())
}

/// A server's own words on an error with `: ` in front; nothing where it has none.
///
/// Registries answer `{"errors": [{"code": ..., "message": ...}]}` (distribution-spec, "Error Codes"); token servers, and
/// what stands in front of either, have other members, a line of text, or a page with a title.
pub(crate) fn detail(body: &[u8]) -> String {
    let text = match json(body) {
        Some(value) => words(&value),
        None if is_page(body) => title(&String::from_utf8_lossy(body)),
        None => String::from_utf8_lossy(body).lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned),
    };
    let text = text.unwrap_or_default();
    let printable = text.chars().map(|character| if character.is_whitespace() { ' ' } else { character });
    let text: String = printable.filter(|character| !is_deceptive(*character)).take(DETAIL_LIMIT).collect();
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

/// Whether the words on an error begin with a code, such as `TAG_INVALID`: then they are a registry's, and of no server that
/// was spoken to in another protocol than its own.
pub(crate) fn is_coded(detail: &str) -> bool {
    let code = detail.trim_start_matches(": ").split(':').next().unwrap_or_default();
    !code.is_empty() && code.chars().all(|character| character.is_ascii_uppercase() || character == '_')
}

fn words(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(entries) => entries.iter().filter_map(words).collect::<Vec<_>>().join("; "),
        Value::Object(members) => {
            let member = |names: &[&str]| names.iter().find_map(|name| members.get(*name).and_then(words));
            let code = member(&["code", "error"]);
            let message = member(&["message", "error_description", "detail", "details"]);
            let own = [code, message].into_iter().flatten().collect::<Vec<_>>().join(": ");
            return members.get("errors").and_then(words).or(Some(own).filter(|text| !text.is_empty()));
        }
        Value::Null | Value::Bool(_) => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The title of a page for people.
fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower.get(start..)?.find('<')?;
    page.get(start..end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_in_the_server_s_words() {
        for (body, expected) in [
            (r#"{"errors":[{"code":"DENIED","message":"no"}]}"#, ": DENIED: no"),
            (r#"{"errors":[{"code":"A"},{"message":"b"}]}"#, ": A; b"),
            (r#"{"errors":[{"code":"A","message":"b\u001b[31m\n"}]}"#, ": A: b[31m"),
            (r#"{"errors":[{"code":"A","message":"a\u202eb\u200bc\u2028d"}]}"#, ": A: abc d"),
            (r#"{"errors":[{"code":404,"message":null,"detail":{"name":"x"}}]}"#, ": 404"),
            (r#"{"errors":["a","b"]}"#, ": a; b"),
            (r#"{"errors":{"code":"A","message":"b"}}"#, ": A: b"),
            (r#"{"errors":null,"message":"m"}"#, ": m"),
            (r#"{"error":"invalid_grant","error_description":"expired"}"#, ": invalid_grant: expired"),
            (r#"{"details":"incorrect username or password"}"#, ": incorrect username or password"),
            (r#"{"errors":[]}"#, ""),
            ("[]", ""),
            ("true", ""),
            ("\u{feff}{\"message\":\"m\"}", ": m"),
            (
                "\n  Client sent an HTTP request to an HTTPS server.\n",
                ": Client sent an HTTP request to an HTTPS server.",
            ),
            ("<html><head><TITLE>413 Too\n Large</title></head>", ": 413 Too  Large"),
            ("<?xml version=\"1.0\"?><Error><Code>X</Code></Error>", ""),
            ("<html><title>", ""),
            ("", ""),
        ] {
            assert_eq!(detail(body.as_bytes()), expected, "{body}");
        }
        assert_eq!(detail(b"\xff\xfe no text"), ": \u{fffd}\u{fffd} no text");
        assert_eq!(detail("x".repeat(1000).as_bytes()).len(), DETAIL_LIMIT + 2);
    }

    #[test]
    fn bodies_say_what_they_are() {
        for (body, page, manifest) in [
            ("<html>", true, false),
            ("\u{feff} \n<!DOCTYPE html>", true, false),
            ("true", false, false),
            ("", false, false),
            ("{}", false, false),
            (r#"{"schemaVersion":2}"#, false, true),
            (r#"{"mediaType":"application/vnd.oci.artifact.manifest.v1+json"}"#, false, true),
        ] {
            assert_eq!((is_page(body.as_bytes()), is_manifest(body.as_bytes())), (page, manifest), "{body}");
        }
    }
}
