//! The log of requests: one line for each when its answer is over, and the id that ties it to the lines of other services.
//!
//! It is off until `logging.level` lets `access=debug` through. Headers, bodies and queries are where secrets are, so that
//! no line shows any of them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use tracing::{Level, debug, enabled};
use uuid::Uuid;

/// What the filter knows these lines by.
const TARGET: &str = "access";

/// The header of a request's id, in requests and in answers.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over, in bytes.
const LONGEST_ID: usize = 64;

/// Ids for requests that come without one: a random beginning, so that no other server has the same, and a number.
#[derive(Debug)]
pub(super) struct RequestIds {
    beginning: String,
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        let random = Uuid::new_v4().simple().to_string();
        Self { beginning: random[..16].to_owned(), next: AtomicU64::new(0) }
    }
}

impl RequestIds {
    /// The id that the caller gave, or a new one.
    pub(super) fn of(&self, headers: &HeaderMap) -> HeaderValue {
        let is_id = |value: &&HeaderValue| {
            (1..=LONGEST_ID).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
        };
        headers.get(REQUEST_ID).filter(is_id).cloned().unwrap_or_else(|| {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            HeaderValue::try_from(format!("{}-{number:x}", self.beginning)).expect("visible characters")
        })
    }
}

/// One request's line, which is written when this is dropped.
#[derive(Debug)]
pub(super) struct Access {
    method: Method,
    path: String,
    request_id: HeaderValue,
    peer: SocketAddr,
    begun: Instant,
    status: Option<StatusCode>,
}

impl Access {
    /// That of a request whose head is there; none while nobody wants it.
    pub(super) fn begin<B>(request: &Request<B>, request_id: &HeaderValue, peer: SocketAddr) -> Option<Box<Self>> {
        enabled!(target: TARGET, Level::DEBUG).then(|| {
            Box::new(Self {
                method: request.method().clone(),
                path: request.uri().path().to_owned(),
                request_id: request_id.clone(),
                peer,
                begun: Instant::now(),
                status: None,
            })
        })
    }

    /// Notes the status of the answer. Without one, the peer was gone before there was any.
    pub(super) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        debug!(
            target: TARGET,
            method = self.method.as_str(),
            path = self.path,
            status = self.status.map(|status| status.as_u16()),
            seconds = self.begun.elapsed().as_secs_f64(),
            request_id = self.request_id.to_str().unwrap_or_default(),
            peer = %self.peer,
            "request"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_over_where_it_is_one() {
        let ids = RequestIds::default();
        let id = |given: &'static str| {
            ids.of(&HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(given))]))
                .to_str()
                .expect("text")
                .to_owned()
        };
        assert_eq!(id("4bf92f35-a"), "4bf92f35-a");
        let long: &'static str = "a".repeat(LONGEST_ID + 1).leak();
        let made = [id(""), id("a b"), id(long), ids.of(&HeaderMap::new()).to_str().expect("text").to_owned()];
        for (number, made) in made.iter().enumerate() {
            assert_eq!(*made, format!("{}-{number}", ids.beginning));
        }
    }
}
