//! Text from outside, made safe to print: on a terminal, in a log of CI, in a Markdown file.
//!
//! Owns what is escaped. A name that was refused must still be told, and must not act on what shows it.

use std::ffi::OsStr;

pub use crate::diagnostic::{chain, hints, list};

/// How much of a refused name is shown, in characters.
const NAME_LIMIT: usize = 120;

/// A name, with everything but printable ASCII escaped, so that letters that only look alike can be told apart.
#[must_use]
pub fn name(name: &OsStr) -> String {
    let mut shown: Vec<String> = Vec::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        shown.extend(chunk.valid().chars().map(ascii));
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    let end = if shown.len() > NAME_LIMIT { "..." } else { "" };
    shown.truncate(NAME_LIMIT);
    shown.concat() + end
}

/// Prose in any language on one line: only what moves the cursor, hides or turns the text around is escaped.
#[must_use]
pub fn line(text: &str) -> String {
    escaped(text, is_deceptive)
}

/// [`line`] of at most `limit` characters, with `...` where there were more.
#[must_use]
pub fn start(text: &str, limit: usize) -> String {
    let end = if text.chars().nth(limit).is_some() { "..." } else { "" };
    line(&text.chars().take(limit).collect::<String>()) + end
}

/// Prose of several lines, escaped as [`line`] does it.
#[must_use]
pub fn text(text: &str) -> String {
    escaped(text, |character| character != '\n' && is_deceptive(character))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut printed = String::new();
    for character in text.chars() {
        if is_escaped(character) {
            printed.extend(character.escape_default());
        } else {
            printed.push(character);
        }
    }
    printed
}

fn ascii(character: char) -> String {
    match character {
        ' '..='~' => character.to_string(),
        '\t' | '\r' | '\n' => character.escape_default().to_string(),
        _ => character.escape_unicode().to_string(),
    }
}

/// Control characters, line separators, and what is invisible or changes the direction of writing.
#[must_use]
pub fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    // On Windows a name has no bytes of its own.
    #[cfg(unix)]
    #[test]
    fn names_come_out_as_printable_ascii() {
        let cases: [(&[u8], &str); 8] = [
            (b"api/v1.2.3", "api/v1.2.3"),
            (b"api/v1.2.3$(id)", "api/v1.2.3$(id)"),
            (b"a\rb\nc\td", "a\\rb\\nc\\td"),
            (b"\x1b[31mred", "\\u{1b}[31mred"),
            ("\u{202e}3.2.1v/ipa".as_bytes(), "\\u{202e}3.2.1v/ipa"),
            ("\u{430}pi/v1.2.3".as_bytes(), "\\u{430}pi/v1.2.3"),
            (b"\xffapi", "\\xffapi"),
            (b"", ""),
        ];
        for (bytes, expected) in cases {
            assert_eq!(name(OsStr::from_bytes(bytes)), expected);
        }
    }

    #[test]
    fn long_names_are_cut() {
        let long = "x".repeat(10_000);
        assert_eq!(name(OsStr::new(&long)), format!("{}...", "x".repeat(NAME_LIMIT)));
        let just = "x".repeat(NAME_LIMIT);
        assert_eq!(name(OsStr::new(&just)), just);
    }

    #[test]
    fn prose_keeps_its_language_and_loses_its_tricks() {
        assert_eq!(line("Größe: 数 🚀"), "Größe: 数 🚀");
        assert_eq!(line("a\u{202e}b\u{1b}[2Jc\nd"), "a\\u{202e}b\\u{1b}[2Jc\\nd");
        assert_eq!(text("a\u{202e}b\nd\r"), "a\\u{202e}b\nd\\r");
        assert_eq!(start("Größe\u{202e}", 5), "Größe...");
        assert_eq!(start("Größe\u{202e}", 6), "Größe\\u{202e}");
    }
}
