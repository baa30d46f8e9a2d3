//! The HTTP server: binds, says where, serves until a shutdown is requested, then waits for what is running. How long
//! it may wait is `shutdown`'s; who is not waited for, at any time and then, is `stream`'s and `room`'s.

mod access;
mod activity;
mod room;
mod seldom;
mod stream;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::IntoResponse as _;
use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time;
use tracing::{debug, info, warn};

use crate::error::Error;
use crate::limits::Limits;
use crate::refusal::Refusal;
use crate::server::access::{Access, REQUEST_ID, RequestIds};
use crate::server::activity::{Activity, Step, Tracked};
use crate::server::room::{Place, Room};
use crate::server::seldom::Seldom;
use crate::server::stream::PatientStream;
use crate::shutdown::Shutdown;

/// How long the server waits after it could not accept, as when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many connections wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;

/// The share of the process's file descriptors that the connections of one address may take: the others are for the store
/// and for those that this service asks.
const FILES_A_CONNECTION: u64 = 2;

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

    /// Serves `routes` until a shutdown is requested, every request that was accepted before it is answered, and every
    /// connection that was upgraded to something else has ended. A handler learns the address of its peer from a [`ConnectInfo`].
    pub async fn serve(self, routes: Router, handshake: impl Handshake, limits: Limits, shutdown: Shutdown) {
        info!(address = %self.address, "listening");
        let room = Room::new(affordable(limits.connections));
        let ids = Arc::new(RequestIds::default());
        let serve = |stream, place: Place| {
            let (routes, ids) = (routes.clone(), ids.clone());
            let talk = Talk { routes, ids, limits, shutdown: shutdown.clone(), place };
            tokio::spawn(talk.run(stream, handshake.clone()));
        };
        tokio::select! {
            () = accept(&self.listener, &room, serve) => {}
            () = shutdown.requested() => {}
        }
        // Before the wait: from here on a connection is refused, not left hanging.
        drop(self.listener);
        room.empty().await;
    }
}

/// Accepts connections for ever, and hands each over with its place.
async fn accept(listener: &TcpListener, room: &Arc<Room>, mut hand_over: impl FnMut(TcpStream, Place)) {
    let (mut failures, mut crowds) = (Seldom::default(), Seldom::default());
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                if let Some(times) = failures.note() {
                    warn!(%error, times, "cannot accept a connection");
                }
                // Most likely there is no file descriptor, and an idle connection has one.
                room.dismiss_idle();
                time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if room.is_full()
            && let Some(times) = crowds.note()
        {
            warn!(connections = room.most(), times, "all connections are in use, idle ones make room");
        }
        let place = room.enter().await;
        hand_over(stream, place);
    }
}

/// Whether it is one connection that failed before it was accepted, and not the listener: accept(2).
fn is_of_one_connection(error: &io::Error) -> bool {
    use ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkDown, NetworkUnreachable,
    };
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | HostUnreachable | NetworkDown | NetworkUnreachable
    )
}

/// As many connections as are configured and as the process may have files for.
fn affordable(configured: usize) -> usize {
    let Some(files) = getrlimit(Resource::Nofile).current else { return configured };
    let most = usize::try_from(files / FILES_A_CONNECTION).unwrap_or(usize::MAX).max(1);
    if most < configured {
        warn!(files, connections = most, "`limits.connections` is more than this process may have files for");
    }
    configured.min(most)
}

/// What one connection is served with.
struct Talk {
    routes: Router,
    ids: Arc<RequestIds>,
    limits: Limits,
    shutdown: Shutdown,
    place: Place,
}

impl Talk {
    /// One connection to its end: that of the peer, of its time, of its place, or of the service.
    async fn run(self, stream: TcpStream, handshake: impl Handshake) {
        let activity = self.place.activity.clone();
        let ended = tokio::select! {
            ended = self.serve(stream, handshake) => ended,
            () = activity.dismissed() => Err("it was idle, and another one wanted its place".into()),
        };
        ended.unwrap_or_else(|error| debug!(error, "a connection ended early"));
    }

    async fn serve(self, stream: TcpStream, handshake: impl Handshake) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let Self { routes, ids, limits, shutdown, place } = self;
        // Answers are small and written whole: waiting for more to send only delays them.
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr()?;
        let stream = tokio::select! {
            shaken = time::timeout(limits.header, handshake.shake(stream)) => shaken??,
            // Nothing has been asked for yet.
            () = shutdown.requested() => return Ok(()),
        };
        let activity = place.activity.clone();
        let answers = Answers { routes: TowerToHyperService::new(routes), ids, activity: activity.clone(), peer };
        let service = service_fn(|request| answers.answer(request));
        let stream = PatientStream::new(stream, place, limits, shutdown.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        tokio::select! {
            ended = &mut connection => ended?,
            () = shutdown.requested() => {
                connection.as_mut().graceful_shutdown();
                connection.await?;
            }
        }
        // Whoever still has the stream speaks something else on it.
        activity.become_tunnel();
        Ok(())
    }
}

/// What the requests of one connection are answered with.
struct Answers {
    routes: TowerToHyperService<Router>,
    ids: Arc<RequestIds>,
    activity: Arc<Activity>,
    peer: SocketAddr,
}

impl Answers {
    /// The answer to one request, both with what tells how far they are.
    fn answer(
        &self,
        mut request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<Tracked<Body>>, Infallible>> + use<> {
        let (arrival, whole) = Step::begin(&self.activity);
        let id = self.ids.of(request.headers());
        let mut access = Access::begin(&request, &id, self.peer);
        let refused = refuse_host(&request);
        request.headers_mut().insert(REQUEST_ID, id.clone());
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let answered = self.routes.call(request.map(|body| Tracked::new(body, arrival)));
        async move {
            let mut response = match refused {
                Some(refusal) => refusal.into_response(),
                None => answered.await?,
            };
            response.headers_mut().insert(REQUEST_ID, id);
            if let Some(access) = &mut access {
                access.answered(response.status());
            }
            Ok(response.map(|body| Tracked::new(body, whole.with_access(access))))
        }
    }
}

/// RFC 9112, section 3.2: a request names one host, or two parties understand it in two ways.
fn refuse_host(request: &Request<Incoming>) -> Option<Refusal> {
    let hosts = request.headers().get_all(HOST).iter().count();
    let is_right = hosts == 1 || (hosts == 0 && request.version() < Version::HTTP_11);
    (!is_right).then(|| Refusal::bad_request(format!("the request has `{hosts}` headers `host`, one is needed")))
}

/// As `TcpListener::bind`, whose backlog of 128 makes the callers of a burst wait a second for their next try.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // What a process left behind a moment ago does not keep the next one from the address.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
