//! What the fuzzer runs on foreign bytes; it panics where the grammar breaks a promise.
//!
//! `fuzz/fuzz_targets` calls it, and the unit test below runs the corpus through it without a fuzzer.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use terminal::Diagnostic as _;

use crate::{Bump, Tag, Version};

/// How many versions of one input are compared with each other.
const COMPARED: usize = 8;

/// A tag, whatever it holds; then each of its lines, so that one input has versions to compare.
pub fn tag(bytes: &[u8]) {
    read(bytes);
    let lines = bytes.split(|byte| *byte == b'\n');
    let versions: Vec<Version> = lines.filter_map(read).take(COMPARED).collect();
    for left in &versions {
        for bump in [Bump::Patch, Bump::Minor, Bump::Major] {
            assert!(left.bumped(bump).is_none_or(|next| next > *left && !next.is_prerelease()), "{left}");
        }
        for right in &versions {
            assert_eq!(left.cmp(right), right.cmp(left).reverse(), "{left} {right}");
            assert_eq!(left == right, left.to_string() == right.to_string(), "{left} {right}");
        }
    }
}

/// Reads a tag, or else a version; whichever it is has that version.
fn read(bytes: &[u8]) -> Option<Version> {
    match Tag::parse(OsStr::from_bytes(bytes)) {
        Ok(tag) => {
            assert_eq!(tag.to_string().as_bytes(), bytes, "it prints otherwise than it was typed");
            assert!(is_harmless(&tag.reference()), "{tag}");
            Some(tag.version().clone())
        }
        Err(error) => {
            let text = format!("{error}{}", error.hint().unwrap_or_default());
            assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{error:?}");
            let version = std::str::from_utf8(bytes).ok()?.parse::<Version>().ok()?;
            assert_eq!(version.to_string().as_bytes(), bytes);
            Some(version)
        }
    }
}

/// Nothing in it means something to a shell, to a URL or to a registry, and git takes it for a name (`git check-ref-format`).
pub(crate) fn is_harmless(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-".contains(&byte);
    let is_part =
        |part: &str| !part.is_empty() && !part.starts_with(['.', '-']) && part.rsplit('.').next() != Some("lock");
    text.bytes().all(is_plain) && text.split('/').all(is_part) && !text.contains("..") && !text.ends_with('.')
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_breaks_no_promise() {
        parts::corpus::run("tools/release_tag/fuzz", &[("tag", super::tag)]);
    }
}
