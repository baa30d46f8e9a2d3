//! Reads `WWW-Authenticate` as registries write it: RFC 9110 (section 11) where they keep to it, and what is meant where they
//! do not. Knows no scheme's meaning.
//!
//! A value without quotes goes on over commas, colons and blanks until another parameter or a known scheme begins, a quote
//! that nobody closes ends with the header, and any bytes are text. A strict reading would drop a challenge, and with it the
//! only way in, over a part of it that nobody needs.

use std::iter::Peekable;
use std::str::CharIndices;

/// The schemes of IANA's registry and those that proxies of companies use: only these begin a challenge behind a value
/// without quotes, since `scope=repository:a:pull,push` goes on behind its comma.
const SCHEMES: [&str; 16] = [
    "basic",
    "bearer",
    "concealed",
    "digest",
    "dpop",
    "gnap",
    "hoba",
    "kerberos",
    "mutual",
    "negotiate",
    "ntlm",
    "oauth",
    "privatetoken",
    "scram-sha-1",
    "scram-sha-256",
    "vapid",
];

/// A scheme, and the parameters that stand behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parsed {
    /// As it is written.
    pub(super) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Parsed {
    /// A parameter that is not empty; the first one counts.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }
}

/// All challenges of one header, in order.
pub(super) fn challenges(header: &[u8]) -> Vec<Parsed> {
    let text = String::from_utf8_lossy(header);
    let (mut rest, mut found) = (text.as_ref(), Vec::<Parsed>::new());
    loop {
        rest = rest.trim_start_matches(is_separator);
        let word_end = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(word_end);
        match (behind.trim_start().strip_prefix('='), found.last_mut()) {
            _ if rest.is_empty() => return found,
            // Something that is neither: passed over, so that what follows is found.
            _ if word.is_empty() => rest = rest.get(1..).unwrap_or_else(|| skip_one(rest)),
            (Some(value), Some(challenge)) => {
                let (value, behind) = self::value(value.trim_start());
                challenge.parameters.push((word.to_owned(), value));
                rest = behind;
            }
            _ => {
                found.push(Parsed { scheme: word.to_owned(), parameters: Vec::new() });
                rest = behind;
            }
        }
    }
}

/// The rest without its first character, however long that is.
fn skip_one(rest: &str) -> &str {
    let mut characters = rest.chars();
    characters.next();
    characters.as_str()
}

/// A parameter's value, and what is behind it.
fn value(text: &str) -> (String, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        return unquote(quoted);
    }
    let end = text.char_indices().find(|(at, character)| is_separator(*character) && is_start(&text[*at..]));
    let (value, behind) = text.split_at(end.map_or(text.len(), |(at, _)| at));
    (value.trim_end_matches(is_separator).trim_matches('\'').to_owned(), behind)
}

/// What is inside of quotes, with the backslashes taken off.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters: Peekable<CharIndices<'_>> = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

/// Whether a parameter or a known scheme begins behind the separators at the start of `text`, or nothing does.
fn is_start(text: &str) -> bool {
    let text = text.trim_start_matches(is_separator);
    let end = text.find(|character| !is_word(character)).unwrap_or(text.len());
    let (word, behind) = text.split_at(end);
    let is_scheme = || {
        let is_whole = behind.is_empty() || behind.starts_with(is_separator);
        is_whole && SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word))
    };
    text.is_empty() || !word.is_empty() && (behind.trim_start().starts_with('=') || is_scheme())
}

fn is_separator(character: char) -> bool {
    matches!(character, ',' | ';') || character.is_whitespace()
}

/// A character of a token (RFC 9110, section 5.6.2).
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> String {
        let shown = challenges(header.as_bytes()).into_iter().map(|one| {
            let parameters = one.parameters.iter().map(|(key, value)| format!(" {key}=[{value}]"));
            one.scheme.clone() + &parameters.collect::<String>()
        });
        shown.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn challenges_as_they_are_written() {
        for (header, expected) in [
            ("", ""),
            ("Basic", "Basic"),
            (r#"Basic realm="a, \"b\" \\ c""#, r#"Basic realm=[a, "b" \ c]"#),
            (
                r#"Bearer realm="https://a/t",service="s",scope="x y""#,
                "Bearer realm=[https://a/t] service=[s] scope=[x y]",
            ),
            (r#"Bearer realm = "https://a/t" , service= "s""#, "Bearer realm=[https://a/t] service=[s]"),
            (r#"Bearer realm="https://a/t" service="s""#, "Bearer realm=[https://a/t] service=[s]"),
            (r#"Bearer realm="https://a/t"; service="s""#, "Bearer realm=[https://a/t] service=[s]"),
            ("Bearer realm=https://a:1/t?x=1,service=s", "Bearer realm=[https://a:1/t?x=1] service=[s]"),
            (
                r#"Bearer realm="https://a/t",scope=repository:t/api:pull,push,service="s""#,
                "Bearer realm=[https://a/t] scope=[repository:t/api:pull,push] service=[s]",
            ),
            ("Bearer scope=repository:t/api:pull,push", "Bearer scope=[repository:t/api:pull,push]"),
            ("Basic realm=/", "Basic realm=[/]"),
            ("Basic realm=", "Basic realm=[]"),
            ("Basic realm=My Registry", "Basic realm=[My Registry]"),
            ("Basic realm=My Registry, charset=UTF-8", "Basic realm=[My Registry] charset=[UTF-8]"),
            (r#"Basic realm="Régistre""#, "Basic realm=[Régistre]"),
            (r#"Basic realm="open, charset=UTF-8"#, "Basic realm=[open, charset=UTF-8]"),
            (r#"Negotiate, Basic realm="a""#, "Negotiate | Basic realm=[a]"),
            (r#"Basic realm=a, Bearer realm="https://a/t""#, "Basic realm=[a] | Bearer realm=[https://a/t]"),
            (r#"bearer REALM="https://a/t", NTLM, BASIC"#, "bearer REALM=[https://a/t] | NTLM | BASIC"),
            (r#"Negotiate TlRMTVNTUAAB==, Basic realm="a""#, "Negotiate TlRMTVNTUAAB=[=] | Basic realm=[a]"),
            (r#"Negotiate YII/+A, Basic realm="a""#, "Negotiate | YII | +A | Basic realm=[a]"),
            (r#",, Frob a="1",b=2 , Basic realm="a""#, "Frob a=[1] b=[2] | Basic realm=[a]"),
            (r#"= "x" Basic realm="a""#, "x | Basic realm=[a]"),
            ("Bearer realm='https://a/t',service='s'", "Bearer realm=[https://a/t] service=[s]"),
            (r#"realm="a""#, "realm | a"),
        ] {
            assert_eq!(read(header), expected, "{header}");
        }
    }

    #[test]
    fn the_first_of_two_parameters_counts_and_an_empty_one_is_none() {
        let parsed = &challenges(br#"Bearer realm="a",realm="b",service="""#)[0];
        assert_eq!((parsed.parameter("Realm"), parsed.parameter("service")), (Some("a"), None));
    }

    #[test]
    fn bytes_that_are_no_text_hurt_nobody() {
        let parsed = &challenges(b"Basic realm=\"R\xe9gistre\"")[0];
        assert_eq!((parsed.scheme.as_str(), parsed.parameter("realm")), ("Basic", Some("R\u{fffd}gistre")));
    }
}
