//! What a proxy changes in the heads that it passes on: RFC 9110, section 7.6, and RFC 7239.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// What concerns one connection only, and `Expect`, which this proxy answers itself when it reads the body.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// What a client may have said about itself. Nothing stands in front of this proxy, so none of it is known to be true.
const CLAIMS: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-real-ip"];

/// The host that a request is for, as the client wrote it. A complete address in the request line counts more than the
/// header: RFC 9112, section 3.2.2.
pub(crate) fn authority(request: &Request) -> Option<Authority> {
    let authority = match request.uri().authority() {
        Some(authority) => authority.clone(),
        None => Authority::try_from(request.headers().get(header::HOST)?.as_bytes()).ok()?,
    };
    (!authority.as_str().contains('@')).then_some(authority)
}

/// The protocol that a client wants to change to. Only `websocket` is passed on: another one, such as `h2c`, would let
/// requests pass that this proxy has not seen.
pub(crate) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let is_asked = tokens(headers, &header::CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade"));
    let protocol = headers.get(header::UPGRADE).filter(|_| is_asked)?;
    protocol.as_bytes().eq_ignore_ascii_case(b"websocket").then(|| protocol.clone())
}

/// Puts the headers of a change of protocol back.
pub(crate) fn set_upgrade(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, protocol);
}

/// Takes out what must not be passed on, and what the connection names as such.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<String> = tokens(headers, &header::CONNECTION).map(str::to_ascii_lowercase).collect();
    // A body has the length of its chunks: a second opinion is how requests are smuggled.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    for name in named.iter().map(String::as_str).chain(HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Says who the client is, and what it asked for, in place of all that it said itself. The upstream gets the host that
/// the client asked for, not its own.
pub(crate) fn set_forwarded(headers: &mut HeaderMap, peer: IpAddr, host: &Authority, scheme: &'static str) {
    for name in CLAIMS {
        headers.remove(name);
    }
    let peer = peer.to_canonical();
    let node = if peer.is_ipv6() { format!("\"[{peer}]\"") } else { peer.to_string() };
    let values = [
        (header::FORWARDED, format!("for={node};host=\"{host}\";proto={scheme}")),
        (HeaderName::from_static("x-forwarded-for"), peer.to_string()),
        (HeaderName::from_static("x-forwarded-host"), host.to_string()),
        (HeaderName::from_static("x-forwarded-proto"), scheme.to_owned()),
        (header::HOST, host.to_string()),
    ];
    for (name, value) in values {
        headers.insert(name, HeaderValue::try_from(value).expect("visible characters"));
    }
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::body::Body;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let lines = lines.iter();
        lines.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_request_line_counts_more_than_the_header() {
        let request = |uri: &str, host: &str| {
            let request = Request::get(uri).header(header::HOST, host).body(Body::empty()).expect("a request");
            authority(&request).map(|authority| authority.to_string())
        };
        assert_eq!(request("/", "A.test:80").as_deref(), Some("A.test:80"));
        assert_eq!(request("http://b.test/", "a.test").as_deref(), Some("b.test"));
        for wrong in ["", "a b", "user@a.test", "a.test/b"] {
            assert_eq!(request("/", wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_concerns_one_connection_is_taken_out() {
        let mut given = headers(&[
            ("connection", "close, X-Secret"),
            ("connection", "upgrade"),
            ("content-length", "5"),
            ("expect", "100-continue"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic YTpi"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("x-secret", "1"),
            ("accept", "a"),
        ]);
        remove_hop_by_hop(&mut given);
        assert_eq!(given, headers(&[("accept", "a")]));
        let mut plain = headers(&[("content-length", "5")]);
        remove_hop_by_hop(&mut plain);
        assert_eq!(plain, headers(&[("content-length", "5")]));
    }

    #[test]
    fn only_a_websocket_is_a_change_of_protocol() {
        let asked = |connection, protocol| upgrade(&headers(&[("connection", connection), ("upgrade", protocol)]));
        assert!(asked("keep-alive, Upgrade", "WebSocket").is_some());
        assert!(asked("keep-alive", "websocket").is_none());
        assert!(asked("upgrade", "h2c").is_none());
    }

    #[test]
    fn what_a_client_says_about_itself_is_replaced() {
        let claims = [
            ("forwarded", "for=1.2.3.4"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-real-ip", "1.2.3.4"),
            ("x-forwarded-host", "evil"),
            ("x-forwarded-port", "1"),
            ("x-forwarded-proto", "https"),
            ("host", "other"),
        ];
        let mut given = headers(&claims);
        let host = Authority::from_static("A.test:7080");
        set_forwarded(&mut given, "::ffff:10.0.0.9".parse().expect("an address"), &host, "http");
        let expected = [
            ("forwarded", "for=10.0.0.9;host=\"A.test:7080\";proto=http"),
            ("x-forwarded-for", "10.0.0.9"),
            ("x-forwarded-host", "A.test:7080"),
            ("x-forwarded-proto", "http"),
            ("host", "A.test:7080"),
        ];
        assert_eq!(given, headers(&expected));
        set_forwarded(&mut given, "fe80::1".parse().expect("an address"), &host, "https");
        assert_eq!(given[header::FORWARDED], "for=\"[fe80::1]\";host=\"A.test:7080\";proto=https");
    }
}
