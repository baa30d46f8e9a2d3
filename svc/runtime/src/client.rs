//! How services ask each other: JSON over HTTP/1.1 within one network, with a token, time limits and further tries.

mod error;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{self, Instant};
use tracing::{info, warn};

pub use error::{ClientError, ClientProblem};
pub use upstream::{Upstream, UpstreamFile};

use crate::refusal::ProblemDocument;
use crate::service::Service;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);

/// How long one try may take, from its beginning to the last byte of the answer.
const TRY: Duration = Duration::from_secs(10);

/// How often a request is sent at most.
const TRIES: usize = 3;

/// Between two looks at whether an upstream lives.
const WATCH: Duration = Duration::from_secs(2);

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 16 << 20;

/// Asks one other service. A clone shares its connections.
#[derive(Clone, Debug)]
pub struct Client {
    upstream: Arc<Upstream>,
    http: legacy::Client<HttpConnector, Full<Bytes>>,
}

/// One question.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// A request without a body; the path begins with `/`.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// The same with a document as its body.
    ///
    /// # Panics
    ///
    /// When the value has no form in JSON, such as a map whose keys are no texts.
    #[must_use]
    pub fn json<T: Serialize>(mut self, document: &T) -> Self {
        self.body = serde_json::to_vec(document).expect("a form in JSON").into();
        self.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// What came back with a status below 400.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    body: Bytes,
    call: String,
}

impl Answer {
    /// The document in the body.
    ///
    /// # Errors
    ///
    /// When it is not a `T` in JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        let failed = |source| ClientError { call: self.call.clone(), problem: ClientProblem::Document(source) };
        serde_json::from_slice(&self.body).map_err(failed)
    }
}

impl Client {
    /// Connects to nothing yet.
    #[must_use]
    pub fn new(upstream: Upstream) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_nodelay(true);
        let http = legacy::Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Self { upstream: Arc::new(upstream), http }
    }

    /// The name of the service that is asked.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.upstream.name()
    }

    /// Asks, and asks again after a failure that may pass: no connection, no answer in time, 429, 502, 503 or 504. The
    /// same request may so arrive twice; what must not happen twice carries an id.
    ///
    /// # Errors
    ///
    /// A [`ClientError`] when the last try got no answer, or an answer with a status of 400 and above.
    pub async fn send(&self, call: &Call) -> Result<Answer, ClientError> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(2))
            .with_max_times(TRIES - 1)
            .with_jitter();
        let tries = || self.send_once(call);
        tries.retry(pauses).when(|error: &ClientError| error.problem.may_pass()).await
    }

    /// Asks once.
    ///
    /// # Errors
    ///
    /// As [`Client::send`].
    pub async fn send_once(&self, call: &Call) -> Result<Answer, ClientError> {
        let described = format!("{} {}{}", call.method, self.upstream.url(), call.path);
        let failed = |problem| ClientError { call: described.clone(), problem };
        let exchange = time::timeout(TRY, self.exchange(call));
        let Ok(exchanged) = exchange.await else { return Err(failed(ClientProblem::TooSlow { limit: TRY })) };
        let (status, headers, body) = exchanged.map_err(&failed)?;
        if status.is_client_error() || status.is_server_error() {
            let document = serde_json::from_slice(&body).map(|document: ProblemDocument| document.detail);
            return Err(failed(ClientProblem::Refused { status, detail: document.unwrap_or_default() }));
        }
        Ok(Answer { status, headers, body, call: described })
    }

    async fn exchange(&self, call: &Call) -> Result<(StatusCode, HeaderMap, Bytes), ClientProblem> {
        let uri: Uri = format!("{}{}", self.upstream.url(), call.path).parse().map_err(ClientProblem::Path)?;
        let mut request = Request::new(Full::new(call.body.clone()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = call.headers.clone();
        if let Some(value) = self.upstream.authorization() {
            request.headers_mut().insert(header::AUTHORIZATION, value.clone());
        }
        let response = self.http.request(request).await.map_err(ClientProblem::Connection)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(ClientProblem::Body)?.to_bytes();
        Ok((head.status, head.headers, body))
    }

    /// Makes the service's readiness depend on whether this upstream lives, until the service has to stop.
    pub fn watch(&self, service: &Service) {
        let dependency = service.health.dependency(self.name());
        let (client, shutdown) = (self.clone(), service.shutdown.clone());
        // Its life and not its readiness: of a chain of services only the neighbour of a dead one is not ready.
        let call = Call::new(Method::GET, "/health/live");
        tokio::spawn(async move {
            while !shutdown.is_requested() {
                let begun = Instant::now();
                let answered = client.send_once(&call).await;
                if dependency.answers(answered.is_ok()) {
                    match &answered {
                        Ok(_) => info!(upstream = client.name(), "the upstream answers"),
                        Err(error) => warn!(upstream = client.name(), %error, "the upstream does not answer"),
                    }
                }
                tokio::select! {
                    () = time::sleep_until(begun + WATCH) => {}
                    () = shutdown.requested() => break,
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::extract::Request;
    use axum::routing::any;
    use serde_json::{Value, json};
    use tokio::net::TcpListener;

    use crate::health::State;
    use crate::refusal::Refusal;
    use crate::secret::Secret;
    use crate::service::tests::service;

    /// A server that answers each request with what `answer` says, and counts them.
    async fn start<F>(answer: F) -> (SocketAddr, Arc<AtomicUsize>)
    where
        F: Fn(usize, &Request) -> Result<String, Refusal> + Clone + Send + Sync + 'static,
    {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let handler = async move |request: Request| answer(counted.fetch_add(1, Ordering::Relaxed), &request);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(handler))).await });
        (address, count)
    }

    fn client(address: SocketAddr) -> Client {
        let token = Secret::new("open sesame".to_owned());
        Client::new(Upstream::new("other", &format!("http://{address}"), Some(token)).expect("valid"))
    }

    #[tokio::test]
    async fn a_document_goes_out_with_the_token_and_one_comes_back() {
        let (address, _) = start(|_, request| {
            let authorization = request.headers()[header::AUTHORIZATION].to_str().expect("text");
            Ok(json!({"authorization": authorization, "method": request.method().as_str()}).to_string())
        })
        .await;
        let answer =
            client(address).send(&Call::new(Method::POST, "/a").json(&json!({"b": 1}))).await.expect("an answer");
        let expected = json!({"authorization": "Bearer open sesame", "method": "POST"});
        assert_eq!(answer.json::<Value>().expect("JSON"), expected);
        let error = answer.json::<Vec<u8>>().expect_err("no list");
        assert_eq!(error.to_string(), format!("`POST http://{address}/a` failed"));
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again_and_what_is_final_is_not() {
        let busy = |tries: usize| {
            start(move |number, _| {
                let refusal = || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "not yet");
                (number >= tries).then(|| "{}".to_owned()).ok_or_else(refusal)
            })
        };
        let call = Call::new(Method::GET, "/");
        let (address, count) = busy(2).await;
        client(address).send(&call).await.expect("the third answer");
        assert_eq!(count.load(Ordering::Relaxed), 3);

        let (address, count) = busy(3).await;
        let error = client(address).send(&call).await.expect_err("given up");
        assert_eq!((count.load(Ordering::Relaxed), error.problem.status()), (3, Some(StatusCode::SERVICE_UNAVAILABLE)));

        let (address, count) = start(|_, _| Err(Refusal::conflict("somebody was faster"))).await;
        let error = client(address).send(&call).await.expect_err("refused");
        assert_eq!(error.problem.to_string(), "409 Conflict: somebody was faster");
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn readiness_follows_the_life_of_an_upstream() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("bound");
        drop(listener);
        let service = service();
        service.health.hold().release();
        let hold = service.health.hold();
        drop(hold);
        client(address).watch(&service);
        assert_eq!(service.health.waiting_for(), ["other"]);
        let listener = TcpListener::bind(address).await.expect("bound again");
        let live = Router::new().fallback(any(async || "{}"));
        tokio::spawn(async move { axum::serve(listener, live).await });
        let answers = async {
            while !service.health.waiting_for().is_empty() {
                time::sleep(Duration::from_millis(20)).await;
            }
        };
        time::timeout(Duration::from_secs(30), answers).await.expect("it is seen");
        assert_ne!(service.health.state(), State::Waiting);
    }
}
