//! The HTTP server: binds, says where, serves until a shutdown is requested, then waits for what is running. How long
//! it may wait is `shutdown`'s.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time;
use tracing::{debug, info, warn};

use crate::error::Error;
use crate::limits::Limits;
use crate::shutdown::Shutdown;

/// How long the server waits after it could not accept, as when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many connections wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;

/// What becomes of a connection before HTTP is spoken on it: nothing, or TLS.
pub trait Handshake: Clone + Send + Sync + 'static {
    /// What HTTP is spoken on.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Makes the stream ready.
    ///
    /// # Errors
    ///
    /// When the peer does not take part; the connection is dropped.
    fn shake(&self, stream: TcpStream) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// HTTP on the connection as it is.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Handshake for Plain {
    type Stream = TcpStream;

    async fn shake(&self, stream: TcpStream) -> io::Result<TcpStream> {
        Ok(stream)
    }
}

/// An address that is bound and not served yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    /// Not the configured one where that has port 0.
    pub address: SocketAddr,
}

impl Bound {
    /// Binds an address. Has to be called within the async runtime.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`].
    pub fn bind(configured: SocketAddr) -> Result<Self, Error> {
        let refused = |source| Error::Listen { address: configured, source };
        let listener = listen(configured).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address })
    }

    /// Serves `routes` until a shutdown is requested and every request that was accepted before it is answered. A handler
    /// learns the address of its peer from a [`ConnectInfo`].
    pub async fn serve(self, routes: Router, handshake: impl Handshake, limits: Limits, shutdown: Shutdown) {
        info!(address = %self.address, "listening");
        let room = Arc::new(Semaphore::new(limits.connections));
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.listener, &room) => accepted,
                () = shutdown.requested() => break,
            };
            match accepted {
                Ok((stream, permit)) => {
                    let (routes, handshake, shutdown) = (routes.clone(), handshake.clone(), shutdown.clone());
                    tokio::spawn(async move {
                        let ended = connection(stream, routes, handshake, limits, shutdown).await;
                        ended.unwrap_or_else(|error| debug!(error, "a connection ended early"));
                        drop(permit);
                    });
                }
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        // Before the wait: from here on a connection is refused, not left hanging.
        drop(self.listener);
        // All the room is there again once the last connection is gone; the semaphore is never closed.
        let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
        let _ = room.acquire_many(all).await;
    }
}

/// One connection from its handshake to its end: that of the peer, of its patience, or of the service.
async fn connection(
    stream: TcpStream,
    routes: Router,
    handshake: impl Handshake,
    limits: Limits,
    shutdown: Shutdown,
) -> Result<(), Box<dyn StdError + Send + Sync>> {
    let peer = ConnectInfo(stream.peer_addr()?);
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        routes.call(request)
    });
    let stream = time::timeout(limits.header, handshake.shake(stream)).await??;
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        ended = &mut connection => return Ok(ended?),
        () = shutdown.requested() => connection.as_mut().graceful_shutdown(),
    }
    Ok(connection.await?)
}

/// As `TcpListener::bind`, whose backlog of 128 makes the callers of a burst wait a second for their next try.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // What a process left behind a moment ago does not keep the next one from the address.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = room.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Answers are small and written whole: waiting for more to send only delays them.
    stream.set_nodelay(true)?;
    Ok((stream, permit))
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    use crate::service::tests::service_with;
    use crate::shutdown::Trigger;

    /// A server with one slow path, `/slow`, that says when it is running and answers when it is let.
    struct Server {
        address: SocketAddr,
        trigger: Trigger,
        running: Arc<Notify>,
        answer: Arc<Notify>,
        ended: JoinHandle<()>,
    }

    fn start(limit: impl FnOnce(&mut Limits)) -> Server {
        let (trigger, shutdown) = Shutdown::channel();
        let service = service_with(shutdown.clone());
        let bound = Bound::bind(service.settings.listen).expect("bound");
        let address = bound.address;
        let (running, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (says, waits) = (running.clone(), answer.clone());
        let slow = async move || {
            says.notify_one();
            waits.notified().await;
            "done"
        };
        let routes = service.router(Router::new().route("/slow", get(slow)));
        let mut limits = service.settings.limits;
        limit(&mut limits);
        let ended = tokio::spawn(bound.serve(routes, Plain, limits, shutdown));
        Server { address, trigger, running, answer, ended }
    }

    /// A connection that has sent `text`.
    async fn send(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(text.as_bytes()).await.expect("sent");
        stream
    }

    async fn ends(ended: JoinHandle<()>) {
        timeout(Duration::from_secs(30), ended).await.expect("ends in time").expect("no panic");
    }

    #[tokio::test]
    async fn a_running_request_is_answered_and_a_new_connection_refused() {
        let server = start(|_| ());
        let mut stream = send(server.address, "GET /slow HTTP/1.1\r\nhost: here\r\n\r\n").await;
        server.running.notified().await;
        server.trigger.request();
        let refused = async {
            while TcpStream::connect(server.address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), refused).await.expect("the listener closes");
        assert!(!server.ended.is_finished());
        server.answer.notify_one();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.expect("an answer");
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("\r\n\r\ndone"), "{response}");
        ends(server.ended).await;
    }

    #[tokio::test]
    async fn connections_without_a_request_do_not_hold_up_the_end() {
        let server = start(|_| ());
        let silent = send(server.address, "").await;
        let mut kept_alive = send(server.address, "HEAD /version HTTP/1.1\r\nhost: here\r\n\r\n").await;
        let mut start_of_answer = [0; 15];
        kept_alive.read_exact(&mut start_of_answer).await.expect("an answer");
        assert_eq!(&start_of_answer, b"HTTP/1.1 200 OK");
        server.trigger.request();
        ends(server.ended).await;
        drop((silent, kept_alive));
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_and_an_idle_connection_are_closed() {
        let server = start(|limits| limits.header = Duration::from_millis(200));
        for text in ["", "GET /version HTTP/1.1\r\nhost: he", "HEAD /version HTTP/1.1\r\nhost: here\r\n\r\n"] {
            let mut stream = send(server.address, text).await;
            let mut all = Vec::new();
            let read = timeout(Duration::from_secs(30), stream.read_to_end(&mut all)).await;
            read.unwrap_or_else(|_| panic!("still open after {text:?}")).expect("read");
        }
    }

    #[tokio::test]
    async fn more_connections_than_there_may_be_wait() {
        let server = start(|limits| limits.connections = 1);
        let first = send(server.address, "").await;
        let mut second = send(server.address, "HEAD /version HTTP/1.1\r\nhost: here\r\n\r\n").await;
        let mut byte = [0; 1];
        let early = timeout(Duration::from_millis(300), second.read_exact(&mut byte)).await;
        assert!(early.is_err(), "served beside the first");
        drop(first);
        timeout(Duration::from_secs(30), second.read_exact(&mut byte)).await.expect("in time").expect("an answer");
    }

    #[tokio::test]
    async fn an_address_in_use_is_named() {
        let bound = Bound::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("bound");
        let error = Bound::bind(bound.address).expect_err("in use");
        assert_eq!(error.to_string(), format!("cannot listen on `{}`", bound.address));
    }
}
