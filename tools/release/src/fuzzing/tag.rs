//! Tags and versions: the grammar and git's rules, written down a second time, and the order of versions.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::tag::Tag;
use crate::version::{Bump, Version};

/// How many versions of one input are compared with each other: the cube of it is what a run costs.
const COMPARED: usize = 8;

/// A tag, whatever it holds; then each of its lines, so that one input has versions to compare.
pub fn tag(bytes: &[u8]) {
    name(bytes);
    let lines = bytes.split(|byte| *byte == b'\n');
    let found: Vec<Version> = lines.filter_map(version).take(COMPARED).collect();
    order(&found);
}

/// The version of a line, be it a tag or a version.
fn version(line: &[u8]) -> Option<Version> {
    let parsed = std::str::from_utf8(line).ok().and_then(|text| text.parse::<Version>().ok());
    parsed.inspect(|version| assert_eq!(version.to_string().as_bytes(), line)).or_else(|| name(line))
}

/// Reads a tag; its version.
fn name(bytes: &[u8]) -> Option<Version> {
    let tag = match Tag::parse(OsStr::from_bytes(bytes)) {
        Ok(tag) => tag,
        Err(error) => {
            let is_printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            assert!(is_printable(&error.to_string()) && is_printable(&error.hint()), "{error:?}");
            return None;
        }
    };
    let text = tag.to_string();
    assert_eq!(text.as_bytes(), bytes, "it prints otherwise than it was typed");
    assert_eq!(text, format!("{}/{}", tag.service(), tag.version()));
    assert_eq!(Tag::new(tag.service(), tag.version().clone()).as_ref(), Ok(&tag));
    assert!(holds_only_harmless_bytes(tag.service(), &tag.version().to_string()), "{text}");
    assert!(is_git_reference(&tag.reference()) && is_git_reference(&text), "{text}: git does not allow it");
    Some(tag.version().clone())
}

/// Nothing in it means something to a shell, to a URL, or to a registry's tags (distribution-spec).
fn holds_only_harmless_bytes(service: &str, version: &str) -> bool {
    let is_in_service = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_in_version = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    service.starts_with(|first: char| first.is_ascii_lowercase())
        && service.bytes().all(is_in_service)
        && version.starts_with('v')
        && version.len() <= 128
        && version.bytes().all(is_in_version)
}

/// The rules of `git check-ref-format`.
fn is_git_reference(text: &str) -> bool {
    let is_forbidden = |byte: u8| byte < b' ' || b"\x7f ~^:?*[\\".contains(&byte);
    let is_component = |part: &str| !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none();
    text.contains('/')
        && text.split('/').all(is_component)
        && !text.bytes().any(is_forbidden)
        && !text.starts_with('-')
        && !text.ends_with('.')
        && !text.contains("..")
        && !text.contains("@{")
}

/// The order is total, is that of the `semver` crate, and the next version is a later one.
fn order(versions: &[Version]) {
    let peers: Vec<semver::Version> = versions.iter().map(semver).collect();
    for (left, left_peer) in versions.iter().zip(&peers) {
        raised(left);
        for (right, right_peer) in versions.iter().zip(&peers) {
            let found = left.cmp(right);
            assert_eq!(found, left_peer.cmp_precedence(right_peer), "{left} {right}");
            assert_eq!(found, right.cmp(left).reverse(), "{left} {right}");
            assert_eq!(left.partial_cmp(right), Some(found));
            assert_eq!(found == Ordering::Equal, left.to_string() == right.to_string(), "{left} {right}");
            transitive(left, right, versions);
        }
    }
}

fn transitive(left: &Version, right: &Version, versions: &[Version]) {
    for third in versions {
        assert!(left > right || right > third || left <= third, "{left} {right} {third}");
    }
}

fn semver(version: &Version) -> semver::Version {
    let text = version.to_string();
    semver::Version::parse(&text[1..]).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn raised(version: &Version) {
    for bump in [Bump::Patch, Bump::Minor, Bump::Major] {
        let next = version.bumped(bump);
        assert!(next.is_none_or(|next| next > *version && !next.is_prerelease()), "{version}");
    }
}
