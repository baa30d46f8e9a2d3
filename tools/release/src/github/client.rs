//! Requests to GitHub's API and what their answers' statuses mean.

use std::fmt::Write as _;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use image::http;
use image::secret::Secret;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::GitHubError;
use crate::printable;
use crate::slug::Slug;

/// The form of the answers, and its version ("API Versions").
const MEDIA_TYPE: &str = "application/vnd.github+json";
const VERSION: &str = "2022-11-28";

/// The longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How often a request is made again.
const RETRIES: usize = 3;

/// How much of an error's text is shown, in characters.
const DETAIL_LIMIT: usize = 300;

/// Which repository is spoken of, and what with.
#[derive(Debug)]
pub struct Access {
    /// The repository.
    pub repository: Slug,
    /// Who asks.
    pub token: Secret,
    /// Where the API is, such as `https://api.github.com`.
    pub api_url: String,
}

/// One repository on GitHub.
#[derive(Debug)]
pub struct GitHub {
    http: Client,
    base: Url,
    repository: Slug,
    authorization: HeaderValue,
}

/// An answer that was a success.
pub(super) struct Answer<T> {
    pub(super) value: T,
    /// Where the next page of a list is.
    pub(super) next: Option<Url>,
}

impl GitHub {
    /// Sets the client up. Nothing is sent.
    ///
    /// # Errors
    /// When the URL is not to be trusted with a token, or the token is none.
    pub fn new(access: Access) -> Result<Self, GitHubError> {
        let not_a_url = || GitHubError::ApiUrl { url: printable::name(access.api_url.as_ref()) };
        let mut base = Url::parse(&access.api_url).map_err(|_| not_a_url())?;
        if !http::is_allowed(&base) {
            return Err(not_a_url());
        }
        // Else joining would replace the last part of a path such as GitHub Enterprise's `/api/v3`.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let authorization = access.token.bearer_header().ok_or(GitHubError::NoToken)?;
        let builder = http::client(concat!("unkey-release/", env!("CARGO_PKG_VERSION")), &base)?.timeout(TIMEOUT);
        let http = builder.build().map_err(GitHubError::Client)?;
        Ok(Self { http, base, repository: access.repository, authorization })
    }

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &Slug {
        &self.repository
    }

    /// The URL of something in the repository; each part of `path` is one part of it, whatever it holds.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["repos", self.repository.owner(), self.repository.name()]).extend(path);
        }
        url
    }

    /// Whether a URL that GitHub gave leads to its API: the token is for nobody else.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// Reads a document. Nothing where GitHub has none.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        url: Url,
        operation: &str,
    ) -> Result<Option<Answer<T>>, GitHubError> {
        match self.retrying(Method::GET, url, None, operation).await {
            Ok(response) => read(response, operation).await.map(Some),
            Err(GitHubError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a document that must be there.
    pub(super) async fn get<T: DeserializeOwned>(&self, url: Url, operation: &str) -> Result<Answer<T>, GitHubError> {
        read(self.retrying(Method::GET, url, None, operation).await?, operation).await
    }

    /// Changes something that is there. The same request twice does the same as once.
    pub(super) async fn patch<T: DeserializeOwned>(
        &self,
        url: Url,
        body: &Value,
        operation: &str,
    ) -> Result<Answer<T>, GitHubError> {
        read(self.retrying(Method::PATCH, url, Some(body), operation).await?, operation).await
    }

    /// Makes something. Once: an answer that got lost may have been a success.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        url: Url,
        body: &Value,
        operation: &str,
    ) -> Result<Answer<T>, GitHubError> {
        read(self.send(Method::POST, url, Some(body), operation).await?, operation).await
    }

    async fn retrying(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        operation: &str,
    ) -> Result<Response, GitHubError> {
        let policy = ExponentialBuilder::new().with_min_delay(Duration::from_millis(250)).with_max_times(RETRIES);
        let mut delays = policy.with_jitter().build();
        loop {
            let error = match self.send(method.clone(), url.clone(), body, operation).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            match delays.next().filter(|_| error.is_temporary()) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(error),
            }
        }
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        operation: &str,
    ) -> Result<Response, GitHubError> {
        let mut request = self
            .http
            .request(method, url)
            .header(ACCEPT, MEDIA_TYPE)
            .header("x-github-api-version", VERSION)
            .header(AUTHORIZATION, &self.authorization);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let transport = |source| GitHubError::Transport { operation: operation.to_owned(), source };
        let response = request.send().await.map_err(transport)?;
        if response.status().is_success() { Ok(response) } else { Err(self.error(response, operation).await) }
    }

    async fn error(&self, response: Response, operation: &str) -> GitHubError {
        let status = response.status();
        let is_limited = is_limited(status, response.headers());
        let operation = operation.to_owned();
        let detail = response.bytes().await.map(|body| detail(&body)).unwrap_or_default();
        match status {
            _ if is_limited => GitHubError::RateLimited { operation, detail },
            StatusCode::UNAUTHORIZED => GitHubError::Unauthorized { operation, detail },
            StatusCode::FORBIDDEN => GitHubError::Forbidden { operation, detail },
            StatusCode::NOT_FOUND => GitHubError::NotFound { repository: self.repository.to_string(), operation },
            StatusCode::UNPROCESSABLE_ENTITY => GitHubError::Invalid { operation, detail },
            _ => GitHubError::Status { operation, status, detail },
        }
    }
}

async fn read<T: DeserializeOwned>(response: Response, operation: &str) -> Result<Answer<T>, GitHubError> {
    let next = next_page(response.headers());
    let transport = |source| GitHubError::Transport { operation: operation.to_owned(), source };
    let body = response.bytes().await.map_err(transport)?;
    let value = serde_json::from_slice(&body)
        .map_err(|source| GitHubError::Answer { operation: operation.to_owned(), source })?;
    Ok(Answer { value, next })
}

/// GitHub says so by two statuses ("Rate limits for the REST API").
fn is_limited(status: StatusCode, headers: &HeaderMap) -> bool {
    let is_used_up = headers.get("x-ratelimit-remaining").is_some_and(|left| left == "0");
    let is_told = headers.contains_key("retry-after");
    status == StatusCode::TOO_MANY_REQUESTS || (status == StatusCode::FORBIDDEN && (is_used_up || is_told))
}

/// The page behind this one ("Using pagination in the REST API"): `<https://...>; rel="next"`.
fn next_page(headers: &HeaderMap) -> Option<Url> {
    let links = headers.get("link")?.to_str().ok()?;
    let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    Url::parse(next.split_once('<')?.1.split_once('>')?.0).ok()
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<Value>,
}

/// GitHub's own words with `: ` in front; nothing where there are none.
fn detail(body: &[u8]) -> String {
    let Ok(parsed) = serde_json::from_slice::<ErrorBody>(body) else { return String::new() };
    let mut text = parsed.message;
    for error in &parsed.errors {
        let part = |name: &str| error.get(name).and_then(Value::as_str);
        match (error.as_str().or_else(|| part("message")), part("field"), part("code")) {
            (Some(message), ..) => drop(write!(text, "; {message}")),
            (None, Some(field), Some(code)) => drop(write!(text, "; {field} {code}")),
            _ => {}
        }
    }
    let text: String = printable::line(&text).chars().take(DETAIL_LIMIT).collect();
    if text.is_empty() { text } else { format!(": {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(api_url: &str, token: &str) -> Access {
        let repository = "unkeyed/unkey".parse().unwrap();
        Access { repository, token: Secret::from(token.to_owned()), api_url: api_url.to_owned() }
    }

    #[test]
    fn a_token_travels_only_where_nobody_listens() {
        for url in [
            "https://api.github.com",
            "https://github.example/api/v3",
            "http://127.0.0.1:8080",
            "http://github.localhost",
        ] {
            assert!(GitHub::new(access(url, "t")).is_ok(), "{url}");
        }
        for url in ["http://api.github.com", "ftp://127.0.0.1", "api.github.com", ""] {
            assert!(matches!(GitHub::new(access(url, "t")), Err(GitHubError::ApiUrl { .. })), "{url}");
        }
        assert!(matches!(GitHub::new(access("https://a.example", "a\nb")), Err(GitHubError::NoToken)));
    }

    #[test]
    fn a_tag_is_one_part_of_a_path() {
        let github = GitHub::new(access("https://github.example/api/v3", "t")).unwrap();
        let url = github.url(&["releases", "tags", "api/v1.2.3"]);
        assert_eq!(url.as_str(), "https://github.example/api/v3/repos/unkeyed/unkey/releases/tags/api%2Fv1.2.3");
    }

    #[test]
    fn errors_are_told_in_github_s_words() {
        for (body, expected) in [
            (r#"{"message":"Not Found"}"#, ": Not Found"),
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"Release","code":"already_exists","field":"tag_name"}]}"#,
                ": Validation Failed; tag_name already_exists",
            ),
            (r#"{"message":"A","errors":["b",{"message":"c"}]}"#, ": A; b; c"),
            ("<html>", ""),
        ] {
            assert_eq!(detail(body.as_bytes()), expected);
        }
    }

    #[test]
    fn pages_are_linked() {
        let headers = |link: &str| HeaderMap::from_iter([("link".parse().unwrap(), link.parse().unwrap())]);
        let link = r#"<https://a.example/?page=1>; rel="prev", <https://a.example/?page=3>; rel="next""#;
        assert_eq!(next_page(&headers(link)).unwrap().as_str(), "https://a.example/?page=3");
        assert_eq!(next_page(&headers(r#"<https://a.example/?page=1>; rel="prev""#)), None);
        assert_eq!(next_page(&HeaderMap::new()), None);
    }

    #[test]
    fn two_statuses_ask_to_wait() {
        let headers = HeaderMap::from_iter([("x-ratelimit-remaining".parse().unwrap(), HeaderValue::from_static("0"))]);
        assert!(is_limited(StatusCode::FORBIDDEN, &headers));
        assert!(is_limited(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new()));
        assert!(!is_limited(StatusCode::FORBIDDEN, &HeaderMap::new()));
    }
}
