//! An HTTP server in the test: answers by itself or in front of another one, and keeps a log of what it was asked.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use tokio::runtime::Runtime;

/// A request that has arrived whole.
pub struct Ask {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// How many requests came before.
    pub number: usize,
    /// How many of them had the same method and path.
    pub repeats: usize,
}

impl Ask {
    /// Method and path without the query.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap())
    }

    /// Whether it is for a manifest, by the tag or digest that begins so.
    pub fn is_manifest(&self, method: &str, reference: &str) -> bool {
        self.method == method && self.path.contains(&format!("/manifests/{reference}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// What a test answers; nothing leaves it to the server behind.
pub type Answer = Option<Response<Body>>;

/// An answer with a status, headers and a body.
#[expect(clippy::unnecessary_wraps, reason = "it is what a handler returns")]
pub fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let builder =
        headers.iter().fold(Response::builder().status(status), |builder, (name, value)| builder.header(*name, *value));
    Some(builder.body(body.into()).unwrap())
}

/// The same where `when` holds.
pub fn reply_when(when: bool, status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    when.then(|| reply(status, headers, body)).flatten()
}

/// A running server.
pub struct Server {
    address: String,
    log: Arc<Mutex<Vec<String>>>,
    runtime: Option<Runtime>,
}

impl Server {
    /// Answers everything by itself; what the handler leaves open is not found.
    pub fn start(handler: impl Fn(&Ask) -> Answer + Send + Sync + 'static) -> Self {
        Self::listen(None, &[], handler)
    }

    /// Stands in front of the server at `upstream`.
    pub fn in_front_of(upstream: &str, handler: impl Fn(&Ask) -> Answer + Send + Sync + 'static) -> Self {
        Self::listen(Some(upstream.to_owned()), &[], handler)
    }

    /// The same, and takes headers out of that server's answers.
    pub fn hiding(
        headers: &'static [&'static str],
        upstream: &str,
        handler: impl Fn(&Ask) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(upstream.to_owned()), headers, handler)
    }

    /// Listens on a Unix socket.
    pub fn on_socket(path: &Path, handler: impl Fn(&Ask) -> Answer + Send + Sync + 'static) -> Self {
        let (runtime, log) = (runtime(), Arc::default());
        let application = application(Arc::clone(&log), None, &[], handler);
        let _guard = runtime.enter();
        let listener = tokio::net::UnixListener::bind(path).unwrap();
        runtime.spawn(async move { axum::serve(listener, application).await.unwrap() });
        Self { address: format!("unix://{}", path.display()), log, runtime: Some(runtime) }
    }

    fn listen(
        upstream: Option<String>,
        hidden: &'static [&'static str],
        handler: impl Fn(&Ask) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (runtime, log) = (runtime(), Arc::default());
        let application = application(Arc::clone(&log), upstream, hidden, handler);
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        runtime.spawn(async move { axum::serve(listener, application).await.unwrap() });
        Self { address, log, runtime: Some(runtime) }
    }

    /// `127.0.0.1:PORT` or `unix://PATH`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `METHOD PATH` of each request so far, in order and without queries.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// As [`Server::log`], only what changes something.
    pub fn writes(&self) -> Vec<String> {
        self.log().into_iter().filter(|line| !line.starts_with("GET ") && !line.starts_with("HEAD ")).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A handler may be in the middle of a wait that nobody is interested in any more.
        self.runtime.take().unwrap().shutdown_background();
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
}

fn application(
    log: Arc<Mutex<Vec<String>>>,
    upstream: Option<String>,
    hidden: &'static [&'static str],
    handler: impl Fn(&Ask) -> Answer + Send + Sync + 'static,
) -> Router {
    let (handler, client) = (Arc::new(handler), client());
    Router::new().fallback(move |request: Request<Body>| {
        let (handler, upstream, client, log) =
            (Arc::clone(&handler), upstream.clone(), client.clone(), Arc::clone(&log));
        async move {
            let (parts, body) = request.into_parts();
            let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
            let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return status(StatusCode::BAD_REQUEST) };
            let (method, headers) = (parts.method.to_string(), parts.headers);
            let mut ask = Ask { method, path, headers, body, number: 0, repeats: 0 };
            {
                let mut log = log.lock().unwrap();
                (ask.number, ask.repeats) = (log.len(), log.iter().filter(|line| **line == ask.line()).count());
                log.push(ask.line());
            }
            // A handler may wait for another request, which must not wait for its thread.
            let (ask, answer) = tokio::task::spawn_blocking(move || {
                let answer = handler(&ask);
                (ask, answer)
            })
            .await
            .unwrap();
            match (answer, upstream) {
                (Some(answer), _) => answer,
                (None, Some(upstream)) => {
                    let mut response = forward(&client, &upstream, ask).await;
                    for name in hidden {
                        response.headers_mut().remove(*name);
                    }
                    response
                }
                (None, None) => status(StatusCode::NOT_FOUND),
            }
        }
    })
}

async fn forward(client: &reqwest::Client, upstream: &str, ask: Ask) -> Response<Body> {
    let url = format!("http://{upstream}{}", ask.path);
    let mut headers = ask.headers;
    headers.remove("host");
    let request = client.request(ask.method.parse().unwrap(), url).headers(headers).body(ask.body);
    let answer = request.send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    response.headers_mut().unwrap().extend(answer.headers().clone());
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

fn status(status: StatusCode) -> Response<Body> {
    Response::builder().status(status).body(Body::empty()).unwrap()
}

/// What is found at a URL, asked for without a server around it.
pub fn get(url: &str) -> Option<Vec<u8>> {
    const ACCEPT: &str =
        "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/octet-stream";
    static SHARED: LazyLock<(Runtime, reqwest::Client)> = LazyLock::new(|| (runtime(), client()));
    let (runtime, client) = &*SHARED;
    runtime.block_on(async {
        let answer = client.get(url).header("accept", ACCEPT).send().await.unwrap();
        let is_found = answer.status().is_success();
        assert!(is_found || answer.status() == StatusCode::NOT_FOUND, "{url}: {}", answer.status());
        is_found.then_some(answer.bytes().await.unwrap().to_vec())
    })
}

/// Passes what was put on to a URL.
pub fn put(url: &str, ask: &Ask) {
    let request = client().put(url).headers(ask.headers.clone()).body(ask.body.clone());
    let answer = runtime().block_on(request.send()).unwrap();
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
}

fn client() -> reqwest::Client {
    http_client::certificates::install_provider();
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    // It speaks no TLS, and reading the system's authorities takes longer than most tests.
    builder.tls_certs_only([]).build().unwrap()
}
