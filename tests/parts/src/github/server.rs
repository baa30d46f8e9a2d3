//! HTTP: requests in whole, answers out, and connections that end without one.

use std::fmt;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use super::answer::Answer;
use super::request::Request;
use super::state::{self, State};

/// Ends a connection: hyper closes it when its service fails, with nothing written.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection ends here")
    }
}

impl std::error::Error for Closed {}

/// A listener on a free port, and what will run its server.
pub(super) fn bind() -> (TcpListener, Runtime) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a listener that does not block");
    (listener, Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"))
}

/// Answers in the background until the runtime ends.
pub(super) fn serve(runtime: &Runtime, listener: TcpListener, state: Arc<Mutex<State>>) {
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(connection(stream, Arc::clone(&state)));
        }
    });
}

async fn connection(stream: TcpStream, state: Arc<Mutex<State>>) {
    let service = service_fn(move |request| exchange(request, Arc::clone(&state)));
    // It fails where a client goes away and where a fault ends it: both are what was wanted.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn exchange(
    request: hyper::Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> Result<hyper::Response<Full<Bytes>>, Closed> {
    let request = received(request).await.ok_or(Closed)?;
    // A fault may wait. And what has begun is done to its end, also for a client that is gone.
    let answer = tokio::task::spawn_blocking(move || state::handle(&state, &request)).await;
    answer.ok().flatten().map(response).ok_or(Closed)
}

async fn received(request: hyper::Request<Incoming>) -> Option<Request> {
    let (parts, body) = request.into_parts();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Some(Request {
        method: parts.method.to_string(),
        target: parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.collect().await.ok()?.to_bytes().to_vec(),
    })
}

fn response(answer: Answer) -> hyper::Response<Full<Bytes>> {
    let mut builder = hyper::Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::from(answer.body)).expect("an answer that HTTP has words for")
}
