//! Where another service is and how it is to be asked, as a configuration says it.

use std::net::SocketAddr;

use hyper::Uri;
use hyper::header::HeaderValue;
use serde::Deserialize;

use crate::problems::Problems;
use crate::secret::{Secret, SecretSource};

/// A table of the configuration, as typed: `url = "http://heimdall:8080"` and, where it wants one, `token`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamFile {
    url: String,
    token: Option<SecretSource>,
}

/// Another service.
#[derive(Clone, Debug)]
pub struct Upstream {
    name: &'static str,
    /// Without a slash at its end.
    url: String,
    authorization: Option<HeaderValue>,
}

impl UpstreamFile {
    /// Checks the table `name`, which is also the name of the service, and notes what is refused.
    pub fn check(&self, name: &'static str, problems: &mut Problems) -> Option<Upstream> {
        let token = self.token.as_ref().map(|source| problems.check(&format!("{name}.token"), source.read()));
        let upstream = problems.check(&format!("{name}.url"), Upstream::new(name, &self.url, None));
        match token {
            None => upstream,
            Some(token) => problems.check(&format!("{name}.token"), upstream?.with_token(&token?)),
        }
    }
}

impl Upstream {
    /// An upstream at `http://HOST[:PORT]`.
    ///
    /// # Errors
    ///
    /// Why the address or the token is refused, as a continuation of the key's name.
    pub fn new(name: &'static str, url: &str, token: Option<Secret>) -> Result<Self, String> {
        let refused = || format!("must be an address such as `http://{name}:8080`, without a path, not `{url}`");
        let uri: Uri = url.parse().map_err(|_| refused())?;
        let is_bare = uri.query().is_none() && matches!(uri.path(), "" | "/");
        let has_user = uri.authority().is_none_or(|authority| authority.as_str().contains('@'));
        if uri.scheme_str() != Some("http") || !is_bare || has_user {
            return Err(refused());
        }
        let upstream = Self { name, url: url.trim_end_matches('/').to_owned(), authorization: None };
        match token {
            None => Ok(upstream),
            Some(token) => upstream.with_token(&token),
        }
    }

    /// The upstream at an address, without a token.
    #[must_use]
    pub fn at(name: &'static str, address: SocketAddr) -> Self {
        Self { name, url: format!("http://{address}"), authorization: None }
    }

    fn with_token(self, token: &Secret) -> Result<Self, String> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
            .map_err(|_| "must be visible ASCII characters".to_owned())?;
        value.set_sensitive(true);
        Ok(Self { authorization: Some(value), ..self })
    }

    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its address, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for right in ["http://heimdall:8080", "http://127.0.0.1", "http://[::1]:80/"] {
            assert!(Upstream::new("heimdall", right, None).is_ok(), "{right}");
        }
        for wrong in ["", "heimdall:8080", "https://a", "http://a/b", "http://a?b", "http://a:b@c", "http://"] {
            let error = Upstream::new("heimdall", wrong, None).expect_err(wrong);
            let expected = format!("must be an address such as `http://heimdall:8080`, without a path, not `{wrong}`");
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = Secret::new("hunter2".to_owned());
        let upstream = Upstream::new("heimdall", "http://heimdall", Some(token)).expect("valid");
        assert!(!format!("{upstream:?}").contains("hunter2"));
        let unusable = Upstream::new("heimdall", "http://heimdall", Some(Secret::new("a\nb".to_owned())));
        assert_eq!(unusable.expect_err("refused"), "must be visible ASCII characters");
    }
}
