//! Tokens: how one is asked for, and what the answer says (distribution's token specification, and OAuth 2.0).

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder, Url};
use serde_json::Value;
use tokio::time::Instant;

use crate::credentials::Credentials;
use crate::secret::Secret;
use crate::transport::answer;

/// What a token is good for when the registry does not say, or says less: the specification's least.
const SHORTEST_LIFETIME: Duration = Duration::from_mins(1);

/// No run takes longer, and a registry may name any number of seconds.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

/// A token this close to its end is not used any more.
const LIFETIME_MARGIN: Duration = Duration::from_secs(10);

/// The name that this tool gives itself where OAuth wants one.
const CLIENT_ID: &str = "image";

/// A token as it is sent.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) header: HeaderValue,
    expires: Instant,
}

impl Token {
    pub(super) fn is_fresh(&self) -> bool {
        self.expires > Instant::now()
    }
}

/// Credentials travel in the body or a header, never in the URL.
pub(super) fn request(
    client: &Client,
    realm: &Url,
    service: Option<&str>,
    scopes: &[&str],
    credentials: &Credentials,
) -> RequestBuilder {
    let service = service.map(|service| ("service", service));
    if let Credentials::IdentityToken(token) = credentials {
        let joined = scopes.join(" ");
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT_ID),
            ("refresh_token", token.expose()),
            ("scope", &joined),
        ];
        return client.post(realm.clone()).form(&fields.into_iter().chain(service).collect::<Vec<_>>());
    }
    let scopes = scopes.iter().map(|scope| ("scope", *scope));
    let mut url = realm.clone();
    url.query_pairs_mut().extend_pairs(service.into_iter().chain(scopes));
    match credentials {
        Credentials::Password { user, password } => client.get(url).basic_auth(user, Some(password.expose())),
        Credentials::Anonymous | Credentials::IdentityToken(_) | Credentials::RegistryToken(_) => client.get(url),
    }
}

/// The token in an answer, by either of its names: the first that is not empty. Nothing where there is none.
///
/// Nothing else in an answer can spoil it. A lifetime may be a number, a text or absent; one below the specification's
/// least is taken for that, as docker does, and a token that has ended sooner is asked for again.
pub(super) fn read(body: &[u8]) -> Option<Token> {
    let answer = answer::json(body)?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let token = text("token").or_else(|| text("access_token"))?;
    let header = Secret::from(token.to_owned()).bearer_header()?;
    let seconds = match answer.get("expires_in") {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let lifetime = seconds.and_then(|seconds| match Duration::try_from_secs_f64(seconds) {
        Ok(lifetime) => Some(lifetime),
        // More than a clock goes, below nothing, or no number.
        Err(_) => (seconds > 0.0).then_some(LONGEST_LIFETIME),
    });
    let lifetime = lifetime.unwrap_or_default().clamp(SHORTEST_LIFETIME, LONGEST_LIFETIME);
    Some(Token { header, expires: Instant::now() + lifetime.saturating_sub(LIFETIME_MARGIN) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_answers() {
        for (body, expected) in [
            (r#"{"token": "a"}"#, Some("Bearer a")),
            (r#"{"access_token": "b"}"#, Some("Bearer b")),
            (r#"{"token": "a", "access_token": "b"}"#, Some("Bearer a")),
            (r#"{"token": "", "access_token": "b"}"#, Some("Bearer b")),
            (r#"{"token": null, "access_token": "b"}"#, Some("Bearer b")),
            (r#"{"token": "a", "access_token": null, "issued_at": 7, "refresh_token": {}}"#, Some("Bearer a")),
            (r#"{"token": 7, "access_token": " b\n"}"#, Some("Bearer b")),
            ("\u{feff}{\"token\": \"a\"}", Some("Bearer a")),
            (r#"{"token": "", "access_token": ""}"#, None),
            (r#"{"token": "a\nb"}"#, None),
            (r#"{"expires_in": 300}"#, None),
            (r#"["a"]"#, None),
            ("<html>", None),
            ("", None),
        ] {
            let header = read(body.as_bytes()).map(|token| token.header);
            assert_eq!(header.as_ref().map(|header| header.to_str().unwrap()), expected, "{body}");
            assert!(header.is_none_or(|header| header.is_sensitive()), "{body}");
        }
    }

    #[test]
    fn lifetimes() {
        for (lifetime, expected) in [
            ("300", 290),
            ("300.0", 290),
            ("3e2", 290),
            ("\"300\"", 290),
            ("\" 300.5 \"", 290),
            ("0", 50),
            ("-1", 50),
            ("1", 50),
            ("null", 50),
            ("\"soon\"", 50),
            ("\"nan\"", 50),
            ("{}", 50),
            ("18446744073709551615", 86_390),
            ("1e300", 86_390),
        ] {
            let token = read(format!(r#"{{"token": "a", "expires_in": {lifetime}}}"#).as_bytes()).unwrap();
            let left = (token.expires - Instant::now()).as_secs_f64();
            assert!((f64::from(expected) - left).abs() < 5.0, "{lifetime}: {left}");
            assert!(token.is_fresh());
        }
    }
}
