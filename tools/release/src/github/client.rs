//! Requests to GitHub's API and what their answers' statuses mean.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_client::RetryPolicy;
use registry::secret::Secret;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{GitHubError, Patience, Slug, file_body, limits, pages};
use terminal::printable;
use terminal::progress::{Progress, Transfer};

/// The form of the answers, and its version ("API Versions").
const MEDIA_TYPE: &str = "application/vnd.github+json";
const VERSION: &str = "2022-11-28";

/// The form of files.
const BYTES: &str = "application/octet-stream";

/// What is tried again of what may be sent twice.
const POLICY: RetryPolicy = RetryPolicy::SMALL_REQUEST;

/// How much of an error's text is shown, in characters.
const DETAIL_LIMIT: usize = 300;

/// Which repository is spoken of, and what with.
#[derive(Debug)]
pub struct Access {
    /// The repository.
    pub repository: Slug,
    /// Who asks.
    pub token: Secret,
    /// How long it may take where GitHub wants to be left alone.
    pub patience: Patience,
}

/// One repository on GitHub.
#[derive(Debug)]
pub struct GitHub {
    http: Client,
    base: Url,
    repository: Slug,
    authorization: HeaderValue,
    patience: Patience,
}

/// What is asked.
struct Request<'a> {
    method: Method,
    url: Url,
    /// The form of the answer.
    accept: &'a str,
    body: Payload<'a>,
    /// What for: continues "cannot ... to ".
    operation: &'a str,
}

/// What a request carries, in a form that can be sent again.
enum Payload<'a> {
    Nothing,
    Document(&'a Value),
    File(&'a Sending<'a>),
}

/// A file on its way.
pub(super) struct Sending<'a> {
    /// Where it is.
    pub(super) path: &'a Path,
    /// How long it is: GitHub takes nothing whose length it is not told.
    pub(super) size: u64,
    /// Who is told how far it is.
    pub(super) transfer: Arc<dyn Transfer>,
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
        let api_url = access.repository.server().api();
        let not_a_url = || GitHubError::ApiUrl { url: printable::name(api_url.as_ref()) };
        let mut base = Url::parse(api_url).map_err(|_| not_a_url())?;
        if !http_client::is_allowed(&base) {
            return Err(not_a_url());
        }
        // Else joining would replace the last part of a path such as GitHub Enterprise's `/api/v3`.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        // What a file or a program gave may end with a line break.
        let token = access.token.expose().trim();
        let token = (!token.is_empty()).then(|| Secret::from(token.to_owned()));
        let authorization = token.and_then(|token| token.bearer_header()).ok_or(GitHubError::NoToken)?;
        let builder =
            http_client::client(concat!("unkey-release/", env!("CARGO_PKG_VERSION")), &base)?.timeout(POLICY.timeout);
        let http = builder.build().map_err(GitHubError::Client)?;
        Ok(Self { http, base, repository: access.repository, authorization, patience: access.patience })
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

    /// The address of its API.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// Who is told what happens.
    pub(super) fn progress(&self) -> &dyn Progress {
        self.patience.progress.as_ref()
    }

    /// Whether a URL that GitHub gave leads to its API: the token is for nobody else.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// Reads a document. Nothing where GitHub has none.
    pub(super) async fn find<T: DeserializeOwned>(&self, url: Url, operation: &str) -> Result<Option<T>, GitHubError> {
        match self.get(url, operation).await {
            Ok(answer) => Ok(Some(answer.value)),
            Err(GitHubError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a document that must be there.
    pub(super) async fn get<T: DeserializeOwned>(&self, url: Url, operation: &str) -> Result<Answer<T>, GitHubError> {
        let request = Request { method: Method::GET, url, accept: MEDIA_TYPE, body: Payload::Nothing, operation };
        read(self.retrying(&request, true).await?, operation).await
    }

    /// Reads bytes that are no document; the answer's body is not read yet.
    pub(super) async fn open(&self, url: Url, operation: &str) -> Result<Response, GitHubError> {
        let request = Request { method: Method::GET, url, accept: BYTES, body: Payload::Nothing, operation };
        self.retrying(&request, true).await
    }

    /// Removes something. What is gone already is removed.
    pub(super) async fn delete(&self, url: Url, operation: &str) -> Result<(), GitHubError> {
        let request = Request { method: Method::DELETE, url, accept: MEDIA_TYPE, body: Payload::Nothing, operation };
        match self.retrying(&request, true).await {
            Ok(_) | Err(GitHubError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sends a file. Once, as `post`.
    pub(super) async fn post_file<T: DeserializeOwned>(
        &self,
        url: Url,
        file: &Sending<'_>,
        operation: &str,
    ) -> Result<T, GitHubError> {
        let request = Request { method: Method::POST, url, accept: MEDIA_TYPE, body: Payload::File(file), operation };
        Ok(read(self.retrying(&request, false).await?, operation).await?.value)
    }

    /// Changes something that is there. The same request twice does the same as once.
    pub(super) async fn patch<T: DeserializeOwned>(
        &self,
        url: Url,
        body: &Value,
        operation: &str,
    ) -> Result<T, GitHubError> {
        let body = Payload::Document(body);
        let request = Request { method: Method::PATCH, url, accept: MEDIA_TYPE, body, operation };
        Ok(read(self.retrying(&request, true).await?, operation).await?.value)
    }

    /// Makes something. Once: an answer that got lost may have been a success.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        url: Url,
        body: &Value,
        operation: &str,
    ) -> Result<T, GitHubError> {
        let body = Payload::Document(body);
        let request = Request { method: Method::POST, url, accept: MEDIA_TYPE, body, operation };
        Ok(read(self.retrying(&request, false).await?, operation).await?.value)
    }

    /// Sends until there is an answer: what GitHub has refused for its limits was not done, so it is sent again in any case;
    /// what may have been done only where `is_harmless`, because doing it twice does the same as once.
    async fn retrying(&self, request: &Request<'_>, is_harmless: bool) -> Result<Response, GitHubError> {
        let (mut retries, mut limited) = (POLICY.start(), self.patience.policy.start());
        loop {
            let error = match self.send(request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let delay = match &error {
                GitHubError::RateLimited { wait, .. } => {
                    let delay = match wait {
                        Some(named) => limited.named_delay(*named),
                        None => limited.next_delay(None),
                    };
                    delay.inspect(|delay| self.tell(request, *delay))
                }
                _ if is_harmless && error.is_temporary() => retries.next_delay(None),
                _ => None,
            };
            match delay {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return Err(error),
            }
        }
    }

    fn tell(&self, request: &Request<'_>, wait: Duration) {
        let line = format!(
            "GitHub wants to be left alone for a while (to {}): waiting for {}",
            request.operation,
            limits::spoken(wait)
        );
        self.patience.progress.note(&line);
    }

    async fn send(&self, request: &Request<'_>) -> Result<Response, GitHubError> {
        let sent = self
            .http
            .request(request.method.clone(), request.url.clone())
            .header(ACCEPT, request.accept)
            .header("x-github-api-version", VERSION)
            .header(AUTHORIZATION, &self.authorization);
        let operation = request.operation;
        let sent = request.body.put_into(sent).await?;
        let transport = |source| GitHubError::Transport { operation: operation.to_owned(), source };
        let response = sent.send().await.map_err(transport)?;
        if response.status().is_success() { Ok(response) } else { Err(self.error(response, operation).await) }
    }

    async fn error(&self, response: Response, operation: &str) -> GitHubError {
        let (status, headers) = (response.status(), response.headers().clone());
        let operation = operation.to_owned();
        let detail = response.bytes().await.map(|body| detail(&body)).unwrap_or_default();
        match status {
            _ if limits::is_limited(status, &headers, &detail) => {
                GitHubError::RateLimited { operation, detail, wait: limits::wait(&headers, SystemTime::now()) }
            }
            StatusCode::UNAUTHORIZED => GitHubError::Unauthorized { operation, detail },
            StatusCode::FORBIDDEN => GitHubError::Forbidden { operation, detail },
            StatusCode::NOT_FOUND => GitHubError::NotFound { repository: self.repository.to_string(), operation },
            StatusCode::UNPROCESSABLE_ENTITY => GitHubError::Invalid { operation, detail },
            _ => GitHubError::Status { operation, status, detail },
        }
    }
}

impl Payload<'_> {
    async fn put_into(&self, request: RequestBuilder) -> Result<RequestBuilder, GitHubError> {
        match self {
            Self::Nothing => Ok(request),
            Self::Document(body) => Ok(request.header(CONTENT_TYPE, "application/json").body(body.to_string())),
            Self::File(file) => {
                file.transfer.restart();
                let body = file_body::open(file).await?;
                let request = request.timeout(file_body::patience(file.size));
                Ok(request.header(CONTENT_TYPE, BYTES).header(CONTENT_LENGTH, file.size).body(body))
            }
        }
    }
}

async fn read<T: DeserializeOwned>(response: Response, operation: &str) -> Result<Answer<T>, GitHubError> {
    let next = pages::next(response.headers(), response.url());
    let transport = |source| GitHubError::Transport { operation: operation.to_owned(), source };
    let body = response.bytes().await.map_err(transport)?;
    let value = serde_json::from_slice(&body)
        .map_err(|source| GitHubError::Answer { operation: operation.to_owned(), source })?;
    Ok(Answer { value, next })
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
    use std::sync::Arc;

    use terminal::progress::Silent;

    use super::*;
    use crate::github::Server;

    fn access(api_url: &str, token: &str) -> Access {
        let repository = Slug::parse("unkeyed/unkey", &Server::new(None, Some(api_url))).unwrap();
        Access { repository, token: Secret::from(token.to_owned()), patience: Patience::none(Arc::new(Silent)) }
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
        for token in ["a\nb", "", "\n", " \r\n"] {
            let github = GitHub::new(access("https://a.example", token));
            assert!(matches!(github, Err(GitHubError::NoToken)), "{token:?}");
        }
        for token in ["a", "a\n", "a\r\n", " a\t"] {
            assert_eq!(GitHub::new(access("https://a.example", token)).unwrap().authorization, "Bearer a", "{token:?}");
        }
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
}
