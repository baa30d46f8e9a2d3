//! What a registry asks for with a 401: `WWW-Authenticate` with the schemes Basic and Bearer.

use http_auth::ChallengeRef;
use reqwest::Url;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// How a registry wants to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token from the realm.
    Bearer { realm: Url, service: Option<String> },
}

impl Challenge {
    /// The challenge of a registry that is known without asking. It saves the request that would be answered with a
    /// 401, which matters where a push of nothing new is to take two requests.
    pub(super) fn well_known(registry: &str) -> Option<Self> {
        let realm = match registry {
            "ghcr.io" => "https://ghcr.io/token",
            _ => return None,
        };
        Some(Self::Bearer { realm: Url::parse(realm).ok()?, service: Some(registry.to_owned()) })
    }

    /// The challenge in an answer; Bearer wins over Basic, other schemes are passed over.
    pub(super) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let challenges: Vec<Self> = values
            .filter_map(|value| http_auth::parse_challenges(value).ok())
            .flatten()
            .filter_map(|challenge| Self::from_parsed(&challenge))
            .collect();
        let bearer = challenges.iter().find(|challenge| **challenge != Self::Basic);
        bearer.or(challenges.first()).cloned()
    }

    fn from_parsed(challenge: &ChallengeRef<'_>) -> Option<Self> {
        if challenge.scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !challenge.scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let parameter = |name: &str| {
            let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_unescaped())
        };
        Some(Self::Bearer { realm: Url::parse(&parameter("realm")?).ok()?, service: parameter("service") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(values: &[&'static str]) -> Option<Challenge> {
        let headers = values.iter().map(|value| (WWW_AUTHENTICATE, value.parse().unwrap()));
        Challenge::from_headers(&headers.fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        }))
    }

    #[test]
    fn bearer_wins_over_basic() {
        let bearer = r#"Bearer realm="https://auth.io/token",service="reg",scope="repository:a:pull,push""#;
        let expected =
            Challenge::Bearer { realm: Url::parse("https://auth.io/token").unwrap(), service: Some("reg".to_owned()) };
        assert_eq!(parse(&[bearer]).unwrap(), expected);
        assert_eq!(parse(&[r#"Basic realm="x""#, bearer]).unwrap(), expected);
        assert_eq!(parse(&[r#"Negotiate, Basic realm="x""#]).unwrap(), Challenge::Basic);
    }

    #[test]
    fn what_cannot_be_answered_is_no_challenge() {
        for values in [&[][..], &["Negotiate"], &["Bearer service=\"x\""], &["Bearer realm=\"not a url\""], &["=="]] {
            assert_eq!(parse(values), None, "{values:?}");
        }
    }

    #[test]
    fn the_well_known_challenge_is_the_registry_s_own() {
        let asked = r#"Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull""#;
        assert_eq!(Challenge::well_known("ghcr.io"), parse(&[asked]));
        assert_eq!(Challenge::well_known("quay.io"), None);
    }
}
