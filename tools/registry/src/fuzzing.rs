//! What registries answer, and docker's configuration for them.

use std::time::SystemTime;

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};

use http_client::RetryPolicy;
use oci::reference::Repository;

use crate::auth;
use crate::transport::{address, answer};

pub use crate::auth::fuzzing::docker_config;

/// Stands between two parts of an input, so that people can read and write seeds.
const SEPARATOR: &[u8] = b"\n---\n";

/// The parts, at most `limit`; the last one has all the rest.
#[must_use]
pub fn pieces(bytes: &[u8], limit: usize) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while pieces.len() + 1 < limit
        && let Some(place) = rest.windows(SEPARATOR.len()).position(|window| window == SEPARATOR)
    {
        pieces.push(&rest[..place]);
        rest = &rest[place + SEPARATOR.len()..];
    }
    pieces.push(rest);
    pieces
}

/// The parts as text, exactly `N`; missing ones are empty.
#[must_use]
pub fn texts<const N: usize>(bytes: &[u8]) -> [String; N] {
    let pieces = pieces(bytes, N);
    std::array::from_fn(|place| {
        pieces.get(place).map(|piece| String::from_utf8_lossy(piece).into_owned()).unwrap_or_default()
    })
}

/// The first byte, which chooses a variant, and the rest.
#[must_use]
pub fn choice(bytes: &[u8]) -> (u8, &[u8]) {
    bytes.split_first().map_or((0, bytes), |(first, rest)| (*first, rest))
}

/// Headers, a line each: two challenges, `Retry-After`, `Location`, `Content-Type`; then a repository, and the body of an
/// error or a token.
///
/// # Panics
/// When a text could steer a terminal, or an address leads where none may.
pub fn registry_answer(bytes: &[u8]) {
    let pieces = pieces(bytes, 3);
    let headers = headers(pieces[0]);
    let repository = pieces.get(1).map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default();
    let body = pieces.get(2).copied().unwrap_or_default();
    auth::fuzzing::answer(&headers, body);
    let detail = answer::detail(body);
    assert!(!detail.chars().any(char::is_control), "{detail:?}");
    let _ = (answer::is_page(body), answer::is_manifest(body));
    let wish = http_client::retry_after(&headers, SystemTime::UNIX_EPOCH);
    let _ = RetryPolicy::default().start().next_delay(wish);
    let parsed = repository.parse::<Repository>();
    if let Ok(repository) = &parsed
        && let Some(base) = address::api_base(repository)
    {
        assert!(http_client::is_allowed(&base), "{base}");
        assert!(base.join(&format!("{}/blobs/uploads/", repository.path())).is_ok());
    }
    if let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok()) {
        locations(location);
    }
}

/// A registry that is spoken to by TLS leads nowhere without it, but for this machine; and no error shows a query.
fn locations(location: &str) {
    for request in ["https://ghcr.io/v2/a/blobs/uploads/", "http://127.0.0.1:5000/v2/a/blobs/uploads/"] {
        let request = Url::parse(request).expect("it is a URL");
        let Some(mut url) = address::follow(&request, location) else { continue };
        let shown = address::for_errors(&url);
        assert!(Url::parse(&shown).is_ok_and(|url| url.query().is_none() && url.password().is_none()), "{shown}");
        if http_client::is_allowed(&url) {
            url.query_pairs_mut().append_pair("digest", "sha256:0");
            assert!(url.scheme() == "https" || url.host_str().is_some_and(oci::reference::is_loopback_host), "{url}");
        }
    }
}

fn headers(text: &[u8]) -> HeaderMap {
    let names: [HeaderName; 5] = [WWW_AUTHENTICATE, WWW_AUTHENTICATE, RETRY_AFTER, LOCATION, CONTENT_TYPE];
    let mut headers = HeaderMap::new();
    for (name, line) in names.into_iter().zip(text.split(|byte| *byte == b'\n')) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name, value);
        }
    }
    headers
}
