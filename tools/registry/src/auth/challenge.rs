//! What a registry asks for with a 401: `WWW-Authenticate` with the schemes Basic and Bearer.

mod parse;

use reqwest::Url;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use terminal::printable;

use self::parse::Parsed;
use super::super::address;

/// How many characters of what is not understood are shown.
const SHOWN: usize = 120;

/// How a registry wants to be asked.
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
    /// In no way that is spoken here: the headers, for errors.
    Other(String),
}

impl Challenge {
    /// The challenge of a registry that is known without asking. It saves the request that would be answered with a
    /// 401, which matters where a push of nothing new is to take two requests.
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

    /// Whether no credentials can answer it. Where it only leaves out where tokens are to be had, a stored one can.
    pub(super) fn is_unspoken(&self) -> bool {
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

/// Whether a challenge that cannot be answered asks for a token, without saying where that is to be had.
pub(in super::super) fn is_bearer(asked: &str) -> bool {
    parse::challenges(asked.as_bytes()).iter().any(|one| one.scheme.eq_ignore_ascii_case("bearer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(values: &[&'static str]) -> Option<Challenge> {
        let base = Url::parse("https://reg.io/v2/").unwrap();
        let headers = values.iter().map(|value| (WWW_AUTHENTICATE, value.parse().unwrap()));
        let headers = headers.fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        });
        Challenge::from_headers(&headers, &base)
    }

    fn bearer(realm: &str, service: Option<&str>, scopes: &[&str]) -> Challenge {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Challenge::Bearer { realm: Url::parse(realm).unwrap(), service: service.map(str::to_owned), scopes }
    }

    #[test]
    fn bearer_wins_over_basic() {
        let header = r#"Bearer realm="https://auth.io/token",service="reg",scope="repository:a:pull,push""#;
        let expected = bearer("https://auth.io/token", Some("reg"), &["repository:a:pull,push"]);
        for values in [&[header][..], &["Basic realm=\"x\"", header], &[header, "Basic"], &["Negotiate", header]] {
            assert_eq!(parse(values).unwrap(), expected, "{values:?}");
        }
        assert_eq!(parse(&[r#"Negotiate, Basic realm="x""#]).unwrap(), Challenge::Basic);
        // A Bearer that says no address cannot be answered; the Basic beside it can.
        assert_eq!(parse(&["Bearer service=\"x\", Basic realm=y"]).unwrap(), Challenge::Basic);
    }

    #[test]
    fn a_realm_is_an_address_seen_from_the_registry() {
        for (realm, expected) in [
            ("/token", "https://reg.io/token"),
            ("//auth.io/token", "https://auth.io/token"),
            ("http://reg.io/token", "https://reg.io/token"),
            ("http://auth.io/token", "http://auth.io/token"),
        ] {
            let header: &'static str = format!("Bearer realm={realm},service=").leak();
            assert_eq!(parse(&[header]).unwrap(), bearer(expected, None, &[]));
        }
    }

    #[test]
    fn what_cannot_be_answered_is_told_as_it_came() {
        for header in ["Negotiate", "Bearer service=\"x\"", "Bearer realm=\"not a url\"", "Bearer realm=http://", "=="]
        {
            assert_eq!(parse(&[header]), Some(Challenge::Other(header.to_owned())));
        }
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&[""]), None);
    }

    #[test]
    fn the_well_known_challenge_is_the_registry_s_own() {
        let asked = parse(&[r#"Bearer realm="https://ghcr.io/token",service="ghcr.io""#]);
        assert_eq!(Challenge::well_known("ghcr.io"), asked);
        assert_eq!(Challenge::well_known("quay.io"), None);
    }
}
