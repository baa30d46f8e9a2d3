//! What a server answers, and whether it is Unkey that does: every answer of it has a request id, every refusal is a problem
//! document (RFC 9457).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use terminal::printable;
use ureq::Body;
use ureq::http::Response;

use crate::address::Role;
use crate::error::Error;

/// In bytes: far more than a page of a thousand keys has.
const LONGEST: u64 = 8 * 1024 * 1024;

/// How much of a server's own words is shown, in characters.
const SHOWN: usize = 1000;

/// The header with the name that the server's log has the request under.
const REQUEST_ID: &str = "x-request-id";

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    kind: String,
    request_id: Option<String>,
    location: Option<String>,
    body: Vec<u8>,
}

/// Who was asked, and by which way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) url: &'a str,
    pub(super) role: Role,
    pub(super) proxy: Option<&'static str>,
}

/// What a problem document has to have.
#[derive(Debug, Deserialize)]
struct Problem {
    detail: String,
}

impl Answer {
    /// Reads an answer.
    pub(super) fn read(mut response: Response<Body>) -> Result<Self, ureq::Error> {
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            (!value.trim().is_empty()).then(|| printable::start(value, SHOWN))
        };
        let kind = header("content-type").unwrap_or_default();
        let (request_id, location) = (header(REQUEST_ID), header("location"));
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(LONGEST).read_to_vec()?;
        Ok(Self { status, kind, request_id, location, body })
    }

    /// Itself, if it is Unkey's and a success.
    pub(super) fn succeeded(self, asked: Asked<'_>) -> Result<Self, Error> {
        match self.status {
            200..300 if self.request_id.is_some() => Ok(self),
            400.. => Err(self.refusal(asked)),
            status => match self.location {
                Some(to) if (300..400).contains(&status) => {
                    Err(Error::Redirected { url: asked.url.to_owned(), to, role: asked.role })
                }
                _ => Err(self.stranger(asked, "")),
            },
        }
    }

    fn refusal(self, asked: Asked<'_>) -> Error {
        let problem = serde_json::from_slice(&self.body).ok();
        let (Some(request_id), Some(Problem { detail })) = (&self.request_id, problem) else {
            return self.stranger(asked, "");
        };
        let (url, request_id) = (asked.url.to_owned(), request_id.clone());
        let said = printable::start(&detail, SHOWN);
        let detail = if said.trim().is_empty() { "the server does not say why".to_owned() } else { said };
        Error::Refused { url, status: self.status, detail, request_id }
    }

    /// The document in it.
    pub(super) fn document<T: DeserializeOwned>(self, asked: Asked<'_>) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|_| self.stranger(asked, ", which is not what was asked for"))
    }

    fn stranger(&self, asked: Asked<'_>, remark: &str) -> Error {
        let what = if self.kind.is_empty() { "nothing".to_owned() } else { format!("`{}`", self.kind) };
        let request = match &self.request_id {
            Some(id) => format!(" (request {id})"),
            None => format!(" and without `{REQUEST_ID}`"),
        };
        let answer = format!("{} with {what}{remark}{request}", self.status);
        stranger(asked, self.status, answer)
    }
}

/// Somebody else who answers.
pub(super) fn stranger(asked: Asked<'_>, status: u16, answer: String) -> Error {
    Error::NotUnkey { url: asked.url.to_owned(), role: asked.role, answer, status, proxy: asked.proxy }
}

/// What is wrong with an answer that goes on and on.
pub(super) fn endless(asked: Asked<'_>) -> Error {
    stranger(asked, 200, format!("more than {LONGEST} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'static> = Asked { url: "https://a/v1/keys", role: Role::Api, proxy: None };

    fn answer(status: u16, request_id: Option<&str>, body: &str) -> Answer {
        let (kind, location) = ("text/html".to_owned(), Some("https://b".to_owned()));
        Answer { status, kind, request_id: request_id.map(str::to_owned), location, body: body.into() }
    }

    #[test]
    fn a_refusal_names_its_request() {
        let problem = r#"{"title":"Not Found","status":404,"detail":"no such key\u001b[2J"}"#;
        let error = answer(404, Some("r-1"), problem).succeeded(ASKED).unwrap_err();
        assert_eq!(error.to_string(), "no such key\\u{1b}[2J (404 from `https://a/v1/keys`, request r-1)");
    }

    #[test]
    fn what_is_not_unkey_is_told_by_what_it_answers() {
        let html = "<html></html>";
        let problem = r#"{"detail":"no"}"#;
        for (status, request_id, body) in
            [(200, None, html), (200, None, "{}"), (502, None, html), (404, Some("r-1"), html), (404, None, problem)]
        {
            let error = answer(status, request_id, body).succeeded(ASKED).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with("`https://a/v1/keys` does not answer as an Unkey API does: "), "{text}");
            assert!(text.contains(&format!("{status} with `text/html`")), "{text}");
        }
        let other = answer(200, Some("r-1"), html).succeeded(ASKED).unwrap().document::<Problem>(ASKED).unwrap_err();
        assert!(other.to_string().ends_with("which is not what was asked for (request r-1)"), "{other}");
    }

    #[test]
    fn nobody_is_sent_on() {
        let error = answer(307, Some("r-1"), "").succeeded(ASKED).unwrap_err();
        assert!(matches!(&error, Error::Redirected { to, .. } if to == "https://b"), "{error}");
    }
}
