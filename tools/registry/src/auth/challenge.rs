//! What a registry asks for with a 401: `WWW-Authenticate` with the schemes Basic and Bearer.

mod parse;

use reqwest::Url;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use terminal::printable;

use self::parse::Parsed;
use crate::transport::address;

/// How many characters of a challenge that is not supported are shown.
const SHOWN: usize = 120;

/// What a registry requires for authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token from the realm.
    Bearer {
        realm: Url,
        service: Option<String>,
        /// What the refused request would have needed, such as `repository:a/b:pull`.
        scopes: Vec<String>,
    },
    /// A scheme that is not supported: the headers, for errors.
    Other(String),
}

impl Challenge {
    /// The challenge of a registry that is known in advance. It saves the request that would be answered with a 401: a push
    /// of nothing new then takes two requests.
    pub(super) fn well_known(registry: &str) -> Option<Self> {
        let realm = match registry {
            "ghcr.io" => "https://ghcr.io/token",
            _ => return None,
        };
        Some(Self::Bearer { realm: Url::parse(realm).ok()?, service: Some(registry.to_owned()), scopes: Vec::new() })
    }

    /// The challenge in an answer of the registry at `base`; a usable Bearer wins over Basic. Nothing where there is none.
    pub(super) fn from_headers(headers: &HeaderMap, base: &Url) -> Option<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE);
        let parsed: Vec<Parsed> = values.iter().flat_map(|value| parse::challenges(value.as_bytes())).collect();
        let is = |parsed: &&Parsed, scheme: &str| parsed.scheme.eq_ignore_ascii_case(scheme);
        let bearer = || parsed.iter().filter(|one| is(one, "bearer")).find_map(|one| Self::bearer(one, base));
        let basic = || parsed.iter().find(|one| is(one, "basic")).map(|_| Self::Basic);
        let other = || {
            let texts = values.iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            let text = texts.collect::<Vec<_>>().join(", ");
            let shown = printable::start(&text.replace('`', ""), SHOWN);
            Some(shown).filter(|text| !text.trim().is_empty()).map(Self::Other)
        };
        bearer().or_else(basic).or_else(other)
    }

    /// What the refused request would have needed.
    pub(super) fn scopes(&self) -> &[String] {
        match self {
            Self::Bearer { scopes, .. } => scopes,
            Self::Basic | Self::Other(_) => &[],
        }
    }

    /// Whether no credentials can answer it. A Bearer challenge without a usable realm can be answered by a stored token.
    pub(super) fn is_unsupported(&self) -> bool {
        matches!(self, Self::Other(asked) if !is_bearer(asked))
    }

    /// Nothing where the realm, which may leave out the registry itself, is no address.
    fn bearer(parsed: &Parsed, base: &Url) -> Option<Self> {
        let realm = parsed.parameter("realm")?;
        let realm =
            if realm.starts_with('/') || realm.contains("://") { address::follow(base, realm)? } else { return None };
        let scopes = parsed.parameter("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        Some(Self::Bearer { realm, service: parsed.parameter("service").map(str::to_owned), scopes })
    }
}

/// Whether a challenge that is not supported asks for a token, without a usable realm.
pub(crate) fn is_bearer(asked: &str) -> bool {
    parse::challenges(asked.as_bytes()).iter().any(|one| one.scheme.eq_ignore_ascii_case("bearer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_challenge_is_the_registry_s_own() {
        let asked = r#"Bearer realm="https://ghcr.io/token",service="ghcr.io""#;
        let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, asked.parse().unwrap())]);
        let told = Challenge::from_headers(&headers, &Url::parse("https://ghcr.io/v2/").unwrap());
        assert_eq!(Challenge::well_known("ghcr.io"), told);
        assert_eq!(Challenge::well_known("quay.io"), None);
    }
}
