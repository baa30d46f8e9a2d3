//! What tests of the proxy need: the proxy on a port of its own, upstreams that behave as told, and a client that shows
//! every byte.

use std::net::SocketAddr;
use std::time::Duration;

use axum::routing::get;
use runtime::{Bound, Handshake, Limits, Metrics, Plain, Shutdown, Trigger};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time;

use crate::config::Config;
use crate::proxy::{self, Proxy};
use crate::table::Table;

/// Longer than anything takes that a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

const LIMITS: Limits = Limits {
    body_bytes: 1024,
    connections: 64,
    header: Duration::from_secs(30),
    request: Duration::from_secs(30),
    unfinished: Duration::from_secs(1),
    write: Duration::from_secs(30),
};

/// The proxy on a port of the loopback.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    trigger: Trigger,
    ended: JoinHandle<()>,
}

impl TestServer {
    /// Over HTTP, with these routes and more keys of the configuration.
    pub(crate) fn start(routes: &[(&str, &[SocketAddr])], keys: &str) -> Self {
        Self::start_over(Plain, "http", routes, keys)
    }

    pub(crate) fn start_over(
        handshake: impl Handshake,
        scheme: &'static str,
        routes: &[(&str, &[SocketAddr])],
        keys: &str,
    ) -> Self {
        let text = format!("region = \"local\"\n{keys}\n[krane]\nurl = \"http://krane\"\n");
        let config = runtime::parse::<Config>(&text).expect("valid").config;
        let metrics = Metrics::default();
        let table = Table::new(&metrics);
        let routes: Vec<Value> =
            routes.iter().map(|(host, upstreams)| json!({"host": host, "upstreams": upstreams})).collect();
        table.replace(serde_json::from_value(json!({"revision": 1, "routes": routes})).expect("routes"));
        let own = proxy::own_routes().route("/health/live", get(async || "live"));
        let routes = Proxy::new(table, &config, &metrics).over(own, scheme);
        let bound = Bound::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("bound");
        let address = bound.address;
        let (trigger, shutdown) = Shutdown::channel();
        let ended = tokio::spawn(bound.serve(routes, handshake, LIMITS, shutdown));
        Self { address, trigger, ended }
    }

    /// Requests a shutdown, and waits until everything that was accepted is answered.
    pub(crate) async fn stop(self) {
        self.trigger.request();
        time::timeout(PATIENCE, self.ended).await.expect("it drains").expect("no panic");
    }

    /// The whole answer to a request, byte for byte, until the connection ends.
    pub(crate) async fn ask(&self, request: &str) -> String {
        let mut stream = self.send(request).await;
        let mut answer = Vec::new();
        let read = time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        // An answer that is cut off may end with a reset.
        let _ = read.expect("nothing hangs");
        String::from_utf8(answer).expect("text")
    }

    /// A connection that has sent this.
    pub(crate) async fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        stream.write_all(text.as_bytes()).await.expect("sent");
        stream
    }
}

/// A request without a body, after whose answer the connection ends.
pub(crate) fn request(method: &str, path: &str, host: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")
}

/// An address on which nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.expect("bound").local_addr().expect("bound")
}

/// An upstream that does this with each connection once it has the head of a request.
pub(crate) async fn upstream<F, R>(serve: F) -> SocketAddr
where
    F: Fn(String, TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = read_head(&mut stream).await;
            tokio::spawn(serve(head, stream));
        }
    });
    address
}

/// An upstream that answers each request with these bytes, and then ends the connection.
pub(crate) async fn answer(bytes: &'static str) -> SocketAddr {
    upstream(async move |_, mut stream| stream.write_all(bytes.as_bytes()).await.expect("sent")).await
}

/// An upstream whose answer is the head that it got.
pub(crate) async fn echo_head() -> SocketAddr {
    upstream(async |head, mut stream| {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{head}", head.len());
        stream.write_all(answer.as_bytes()).await.expect("sent");
    })
    .await
}

/// Everything up to the empty line.
pub(crate) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).expect("text")
}
