//! What stands in front of the registry and knows who may write: everybody reads, and who writes has to log in with the token
//! of a job that may write packages. The registry behind it would take anything from anybody.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::runtime::{Builder, Runtime};
use ureq::Agent;

use crate::workflow::Right;

/// Headers that are one connection's own.
const OF_A_CONNECTION: [&str; 5] = ["connection", "content-length", "host", "keep-alive", "transfer-encoding"];

/// The gate cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot stand in front of the registry")]
pub struct GateError(#[from] std::io::Error);

/// A running gate.
#[derive(Debug)]
pub struct Gate {
    address: String,
    guard: Arc<Guard>,
    runtime: Option<Runtime>,
}

/// Who may what, and what is behind.
#[derive(Debug)]
struct Guard {
    registry: String,
    tokens: Mutex<BTreeMap<String, Right>>,
    agent: Agent,
}

impl Gate {
    /// Stands in front of a registry on this machine.
    ///
    /// # Errors
    /// When the machine has no port or no thread for it.
    pub fn in_front_of(registry: &str) -> Result<Self, GateError> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?.to_string();
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None).build();
        let (registry, tokens, agent) = (registry.to_owned(), Mutex::default(), config.new_agent());
        let guard = Arc::new(Guard { registry, tokens, agent });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&guard));
        runtime.spawn(async move {
            if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                let _ = axum::serve(listener, router).await;
            }
        });
        Ok(Self { address, guard, runtime: Some(runtime) })
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Lets who has this token do this much.
    pub fn grant(&self, token: &str, packages: Right) {
        let mut tokens = self.guard.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(token.to_owned(), packages);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn answer(State(guard): State<Arc<Guard>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if let Some(refusal) = guard.refusal(&parts.method, &parts.headers) {
        return refusal;
    }
    let Ok(body) = to_bytes(body, usize::MAX).await else { return status(StatusCode::BAD_REQUEST) };
    let passed = tokio::task::spawn_blocking(move || {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        guard.pass(&parts.method, path, &parts.headers, &body)
    });
    match passed.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) | Err(_) => status(StatusCode::BAD_GATEWAY),
    }
}

impl Guard {
    /// What is said to who may not do this.
    fn refusal(&self, method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
        let is_reading = method == Method::GET || method == Method::HEAD;
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return if is_reading { None } else { Some(denied(StatusCode::UNAUTHORIZED, "UNAUTHORIZED")) };
        };
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        match value.to_str().ok().and_then(password).and_then(|token| tokens.get(&token).copied()) {
            None => Some(denied(StatusCode::UNAUTHORIZED, "UNAUTHORIZED")),
            Some(Right::Write) => None,
            Some(Right::Read) if is_reading => None,
            Some(Right::Read | Right::None) => Some(denied(StatusCode::FORBIDDEN, "DENIED")),
        }
    }

    fn pass(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Response<Body>, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.registry));
        for (name, value) in headers {
            if !OF_A_CONNECTION.contains(&name.as_str()) && name != header::AUTHORIZATION {
                request = request.header(name, value);
            }
        }
        let has_body = method == Method::POST || method == Method::PUT || method == Method::PATCH;
        let answer =
            if has_body { self.agent.run(request.body(body.to_vec())?)? } else { self.agent.run(request.body(())?)? };
        let (parts, mut body) = answer.into_parts();
        let bytes = body.with_config().limit(u64::MAX).read_to_vec()?;
        let mut response = Response::builder().status(parts.status);
        for (name, value) in &parts.headers {
            // Of an answer to HEAD the length is all that it tells.
            let is_length = method == Method::HEAD && name == header::CONTENT_LENGTH;
            if is_length || !OF_A_CONNECTION.contains(&name.as_str()) {
                response = response.header(name, value);
            }
        }
        Ok(response.body(Body::from(bytes))?)
    }
}

/// What stands behind the user's name in `Basic BASE64`.
fn password(authorization: &str) -> Option<String> {
    let encoded = authorization.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

fn denied(status: StatusCode, code: &str) -> Response<Body> {
    let message = "the token of this job may not write packages";
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let challenge = header::HeaderValue::from_static(r#"Basic realm="rehearsal""#);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let tokens = [("w", Right::Write), ("r", Right::Read), ("n", Right::None)];
        let tokens = Mutex::new(tokens.map(|(token, right)| (token.to_owned(), right)).into());
        Guard { registry: String::new(), tokens, agent: Agent::new_with_defaults() }
    }

    #[test]
    fn everybody_reads_and_who_may_writes() {
        for (method, token, expected) in [
            (Method::GET, None, None),
            (Method::HEAD, Some("r"), None),
            (Method::GET, Some("n"), Some(403)),
            (Method::GET, Some("x"), Some(401)),
            (Method::PUT, None, Some(401)),
            (Method::POST, Some("x"), Some(401)),
            (Method::POST, Some("r"), Some(403)),
            (Method::DELETE, Some("n"), Some(403)),
            (Method::PATCH, Some("w"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(token) = token {
                let value = format!("Basic {}", STANDARD.encode(format!("octocat:{token}")));
                headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            }
            let status = guard().refusal(&method, &headers).map(|response| response.status().as_u16());
            assert_eq!(status, expected, "{method} {token:?}");
        }
    }
}
