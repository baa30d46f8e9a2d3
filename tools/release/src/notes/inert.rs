//! Titles that do nothing: as Markdown on GitHub, they read as they were written, link nowhere and call nobody.
//!
//! Owns what must be escaped. GitHub looks for names and numbers in the text that Markdown leaves, so neither a backslash nor
//! an entity hides one. An empty comment does: it splits the text, and nobody sees it or copies it along.

/// What Markdown, HTML or GitHub's mathematics would take for its own, anywhere.
const SPECIAL: &str = "\\`*_{}[]<>()#|~&!$";

/// Splits a text in two.
const SPLIT: &str = "<!-- -->";

/// The longest name of a commit, in digits.
const NAME_LIMIT: usize = 64;

/// Makes one line of text inert.
pub(super) fn inert(text: &str) -> String {
    let text = text.trim();
    let mut written = String::new();
    for (place, character) in text.char_indices() {
        let (before, behind) = (&text[..place], &text[place + character.len_utf8()..]);
        if SPECIAL.contains(character) || begins_a_block(before, character, behind) {
            written.push('\\');
        }
        written.push(character);
        if is_live(before, character, behind) {
            written.push_str(SPLIT);
        }
    }
    written
}

/// `- `, `+ ` and `1. ` make a list of what stands behind them.
fn begins_a_block(before: &str, character: char, behind: &str) -> bool {
    let is_number = !before.is_empty() && before.bytes().all(|byte| byte.is_ascii_digit());
    let is_bullet = before.is_empty() && matches!(character, '-' | '+');
    (is_bullet || is_number && character == '.') && (behind.is_empty() || behind.starts_with(' '))
}

/// Whether a text would mean something to GitHub if it went on behind this character: `@user`, `@org/team`, `#1`, `GH-1`,
/// `https://...`, `www....`, mail addresses and names of commits ("Autolinked references and URLs", "Autolinks (extension)"),
/// and `:emoji:`.
fn is_live(before: &str, character: char, behind: &str) -> bool {
    let ends_with = |word: &str| {
        let start = before.len().checked_sub(word.len());
        start.and_then(|start| before.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    match character {
        '@' => behind.starts_with(char::is_alphanumeric),
        '#' => behind.starts_with(|next: char| next.is_ascii_digit()),
        '-' => ends_with("gh") && behind.starts_with(|next: char| next.is_ascii_digit()),
        ':' => behind.starts_with("//") || is_emoji(behind),
        'w' | 'W' => ends_with("ww") && behind.starts_with('.'),
        _ => is_commit(before, character, behind),
    }
}

/// The rest of `:name:`.
fn is_emoji(behind: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    behind.split_once(':').is_some_and(|(name, _)| is_name(name))
}

/// Whether the piece of a commit's name that ends here would be one digit short of a name: seven are the fewest.
fn is_commit(before: &str, character: char, behind: &str) -> bool {
    if !character.is_ascii_hexdigit() {
        return false;
    }
    // No further than a name is long: titles may be endless.
    let start: Vec<u8> = before.bytes().rev().take(NAME_LIMIT).take_while(u8::is_ascii_alphanumeric).collect();
    let end: Vec<u8> = behind.bytes().take(NAME_LIMIT).take_while(u8::is_ascii_alphanumeric).collect();
    let is_name = start.len() + 1 + end.len() <= NAME_LIMIT && start.iter().chain(&end).all(u8::is_ascii_hexdigit);
    is_name && !end.is_empty() && (start.len() + 1).is_multiple_of(6)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is read: without backslashes and comments.
    fn read(markdown: &str) -> String {
        let mut characters = markdown.replace(SPLIT, "").chars().collect::<Vec<_>>().into_iter();
        let mut text = String::new();
        while let Some(character) = characters.next() {
            text.extend(if character == '\\' { characters.next() } else { Some(character) });
        }
        text
    }

    #[test]
    fn nobody_is_called_and_nothing_is_linked() {
        for (title, expected) in [
            ("Bump @types/node", "Bump @<!-- -->types/node"),
            ("Thank @octo-cat, (@octo-org/team)", "Thank @<!-- -->octo-cat, \\(@<!-- -->octo-org/team\\)"),
            ("Fixes #6, closes o/r#5", "Fixes \\#<!-- -->6, closes o/r\\#<!-- -->5"),
            ("See GH-6 and gh-7", "See GH-<!-- -->6 and gh-<!-- -->7"),
            ("https://github.com/x/y/issues/1", "https:<!-- -->//github.com/x/y/issues/1"),
            ("See WWW.github.com/x/y/pull/2", "See WWW<!-- -->.github.com/x/y/pull/2"),
            ("Write to a@b.example", "Write to a@<!-- -->b.example"),
            ("Pin o/r@0123abc", "Pin o/r@<!-- -->0123ab<!-- -->c"),
            ("Use $HOME and $PATH", "Use \\$HOME and \\$PATH"),
            ("@\u{e9}", "@<!-- -->\u{e9}"),
            ("Revert 0123abc.", "Revert 0123ab<!-- -->c."),
            ("0123abcdef0123 (ABCDEF0)", "0123ab<!-- -->cdef01<!-- -->23 \\(ABCDEF<!-- -->0\\)"),
            ("Fix :lock: and :+1:", "Fix :<!-- -->lock: and :<!-- -->+1:"),
        ] {
            assert_eq!(inert(title), expected);
        }
    }

    #[test]
    fn what_is_not_live_is_left_alone() {
        for title in [
            "a @ b",
            "Ladder-6",
            "C: // x",
            "www",
            "gh-pages",
            "1.5 times",
            "-x",
            "e - f",
            "a. b",
            "0123ab",
            "0123abcg",
            "a: b: c",
            "::",
        ] {
            assert_eq!(inert(title), title);
        }
        assert_eq!(inert("C# 5"), "C\\# 5");
    }

    #[test]
    fn a_title_stays_one_item_of_its_list() {
        for (title, expected) in [
            ("- a", "\\- a"),
            ("+ a", "\\+ a"),
            ("1. a", "1\\. a"),
            ("    code", "code"),
            ("# a", "\\# a"),
            ("2) a", "2\\) a"),
        ] {
            assert_eq!(inert(title), expected);
        }
    }

    proptest! {
        #[test]
        fn it_reads_as_it_was_written(text in "[ -~\u{e9}]{0,30}") {
            prop_assert_eq!(read(&inert(&text)), text.trim());
        }

        #[test]
        fn nothing_live_is_left(text in "[a-z #@:./-]{0,8}(@[a-z]{1,3}|#[0-9]|GH-[0-9]|https?://[a-z]|www\\.[a-z])[ -~]{0,8}") {
            let written = inert(&text);
            prop_assert!(!written.contains("://") && !written.contains("www."), "{}", written);
            let behind = |words: &str| written.to_lowercase().split(words).skip(1).map(|rest| rest.chars().next()).collect::<Vec<_>>();
            let is_live = |next: &Option<char>| next.is_some_and(char::is_alphanumeric);
            prop_assert!(!behind("@").iter().any(is_live), "{}", written);
            let is_digit = |next: &Option<char>| next.is_some_and(|next| next.is_ascii_digit());
            prop_assert!(!behind("#").iter().chain(&behind("gh-")).any(is_digit), "{}", written);
        }
    }
}
