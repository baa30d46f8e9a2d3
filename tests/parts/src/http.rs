//! Asks HTTP servers on this machine, and reads what they answer.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderValue, Request};

/// Far longer than an answer takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A header of the answer at `http://ADDRESS/PATH`; none where there is none, or where the status is no success.
pub fn header(address: &str, path: &str, name: &str) -> Option<String> {
    let answer = Caller::new(address, None).try_ask("HEAD", path).filter(Answer::is_success)?;
    answer.header(name).map(str::to_owned)
}

/// The status and the body of `http://ADDRESS/PATH`; none where nothing answers.
pub fn get(address: &str, path: &str) -> Option<(u16, String)> {
    Caller::new(address, None).try_ask("GET", path).map(|answer| (answer.status, answer.body))
}

/// The JSON at `http://ADDRESS/PATH`, whose status has to be a success.
pub fn json(address: &str, path: &str) -> Value {
    Caller::new(address, None).ask("GET", path).succeeded().json()
}

/// The JSON that comes back for a document which is sent with a bearer token; the status has to be a success.
pub fn post(address: &str, path: &str, token: &str, document: &Value) -> Value {
    Caller::new(address, Some(token)).send("POST", path, document).succeeded().json()
}

/// An HTTP answer in its parts.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: String,
}

impl Answer {
    /// An answer as it comes out of a connection that was closed after it.
    pub fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("not an answer: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let headers = head.lines().filter_map(|line| line.split_once(": "));
        Self {
            status: status.unwrap_or_else(|| panic!("no status: {head:?}")),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
            body: body.to_owned(),
        }
    }

    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Itself, if the status is one of success.
    pub fn succeeded(self) -> Self {
        assert!(self.is_success(), "{self:?}");
        self
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The document in the body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Asks one server, over connections that are kept.
#[derive(Clone, Debug)]
pub struct Caller {
    agent: Agent,
    address: String,
    token: Option<String>,
}

impl Caller {
    /// Whoever asks the server at `ADDRESS:PORT`, with a bearer token or without.
    pub fn new(address: &str, token: Option<&str>) -> Self {
        Self { agent: agent(), address: address.to_owned(), token: token.map(str::to_owned) }
    }

    /// The answer to a request without a body; none where none came.
    pub fn try_ask(&self, method: &str, path: &str) -> Option<Answer> {
        self.exchange(method, path, &[], None).ok()
    }

    /// The answer to a request without a body.
    pub fn ask(&self, method: &str, path: &str) -> Answer {
        self.exchange(method, path, &[], None)
            .unwrap_or_else(|error| panic!("{method} {}{path}: {error}", self.address))
    }

    /// The answer to a request with a document; none where none came.
    pub fn try_send(&self, method: &str, path: &str, document: &Value) -> Option<Answer> {
        self.exchange(method, path, &JSON, Some(document.to_string())).ok()
    }

    /// The answer to a request with a document.
    pub fn send(&self, method: &str, path: &str, document: &Value) -> Answer {
        self.send_with(method, path, &JSON, document.to_string())
    }

    /// The answer to a request with these headers and this body; none where none came.
    pub fn try_send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<String>,
    ) -> Option<Answer> {
        self.exchange(method, path, headers, Some(body.into())).ok()
    }

    /// The answer to a request with these headers and this body.
    pub fn send_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<String>) -> Answer {
        let exchanged = self.exchange(method, path, headers, Some(body.into()));
        exchanged.unwrap_or_else(|error| panic!("{method} {}{path}: {error}", self.address))
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = match body {
            Some(body) => self.agent.run(request.body(body)?)?,
            None => self.agent.run(request.body(())?)?,
        };
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: headers.collect(),
            body: answer.body_mut().read_to_string()?,
        })
    }
}

/// The headers of a document.
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(PATIENCE))
        .proxy(None)
        .build();
    config.new_agent()
}
