//! One request on its way to a deployment, and the answer on its way back.

#[cfg(test)]
mod tests;
mod tunnel;

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::uri::{Authority, PathAndQuery, Scheme};
use axum::http::{Method, StatusCode, Uri, Version, request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use runtime::{Domain, IntCounterVec, Metrics, Refusal};
use tokio::time::{self, Instant};
use tracing::warn;

use crate::body::{Download, Upload};
use crate::config::Config;
use crate::headers;
use crate::proxy::tunnel::Tunnel;
use crate::table::{Route, Table};

/// What an upstream made of a request.
type Answered = Result<hyper::Response<Incoming>, ClientError>;

/// How long a connection to an upstream may take to be made.
const CONNECT: Duration = Duration::from_secs(2);

/// How long a connection to an upstream is kept for the next request: less than servers keep theirs, because a request on
/// one that is just being closed is lost.
const KEEP: Duration = Duration::from_secs(15);

/// Sends requests to the deployments in the table. A clone shares connections.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    table: Table,
    http: Client<HttpConnector, Upload>,
    answer: Duration,
    idle: Duration,
    requests: IntCounterVec,
}

/// The proxy behind one of its addresses.
#[derive(Clone, Debug)]
struct Edge {
    proxy: Proxy,
    scheme: &'static str,
}

/// A request for a host that is routed.
struct Arrival {
    peer: SocketAddr,
    scheme: &'static str,
    host: Authority,
    route: Arc<Route>,
}

impl Proxy {
    /// Connects to nothing yet.
    pub(crate) fn new(table: Table, config: &Config, metrics: &Metrics) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_nodelay(true);
        let mut http = Client::builder(TokioExecutor::new());
        http.pool_timer(TokioTimer::new()).pool_idle_timeout(KEEP);
        let help = "Requests for hosts that are routed.";
        Self {
            table,
            http: http.build(connector),
            answer: config.answer,
            idle: config.idle,
            requests: metrics.counters("frontline_requests_total", help, &["status"]),
        }
    }

    /// The proxy before `own`, which gets the requests whose host is not routed.
    pub(crate) fn over(self, own: Router, scheme: &'static str) -> Router {
        own.layer(middleware::from_fn_with_state(Edge { proxy: self, scheme }, dispatch))
    }

    /// Sends a request on, and the answer back.
    async fn forward(&self, arrival: &Arrival, mut request: Request) -> Result<Response, Refusal> {
        if request.method() == Method::CONNECT {
            return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this is no proxy for `CONNECT`"));
        }
        let tunnel = Tunnel::wanted(&mut request);
        headers::remove_hop_by_hop(request.headers_mut());
        headers::set_forwarded(request.headers_mut(), arrival.peer.ip(), &arrival.host, arrival.scheme);
        if let Some(tunnel) = &tunnel {
            headers::set_upgrade(request.headers_mut(), tunnel.protocol());
        }
        let (head, body) = request.into_parts();
        let mut response = self.send(arrival, &head, &Upload::new(body)).await?;
        *response.version_mut() = Version::HTTP_11;
        headers::remove_hop_by_hop(response.headers_mut());
        match (tunnel, response.status()) {
            (Some(tunnel), StatusCode::SWITCHING_PROTOCOLS) => tunnel.open(&mut response),
            (None, StatusCode::SWITCHING_PROTOCOLS) => {
                return Err(bad_gateway(arrival, "an upstream changes the protocol unasked"));
            }
            _ => {}
        }
        Ok(response.map(|body| Body::new(Download::new(body, self.idle))))
    }

    /// Sends a request to one upstream after the other, until one has received it.
    async fn send(
        &self,
        arrival: &Arrival,
        head: &request::Parts,
        upload: &Upload,
    ) -> Result<hyper::Response<Incoming>, Refusal> {
        let is_repeatable = head.method.is_idempotent() && upload.is_end_stream();
        for upstream in arrival.route.in_turn() {
            let sent = self.http.request(aim(head, upstream, upload)?);
            let error = match self.wait(upload, sent).await? {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            if upload.progress().is_broken {
                return Err(Refusal::bad_request("the body did not arrive as a whole"));
            }
            let cause: &(dyn StdError + 'static) = &error;
            warn!(host = %arrival.host, %upstream, error = cause, "an upstream failed");
            if !error.is_connect() && !is_repeatable {
                return Err(bad_gateway(arrival, "the upstream broke off before it answered"));
            }
        }
        Err(bad_gateway(arrival, "no upstream answers"))
    }

    /// Waits for an answer for as long as the request gets on.
    async fn wait(&self, upload: &Upload, sent: ResponseFuture) -> Result<Answered, Refusal> {
        let mut sent = pin!(sent);
        let mut progress = upload.progress();
        while progress.moved + self.answer > Instant::now() {
            if let Ok(answered) = time::timeout_at(progress.moved + self.answer, &mut sent).await {
                return Ok(answered);
            }
            progress = upload.progress();
        }
        let limit = format!("within the `{}` s of `answer_seconds`", self.answer.as_secs());
        Err(if progress.is_waiting {
            Refusal::new(StatusCode::REQUEST_TIMEOUT, format!("the body did not go on {limit}"))
        } else {
            Refusal::new(StatusCode::GATEWAY_TIMEOUT, format!("the upstream did not answer {limit}"))
        })
    }
}

/// Sends on what is for a deployment, and lets through what is not.
async fn dispatch(
    State(edge): State<Edge>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let Some(host) = headers::authority(&request) else { return next.run(request).await };
    let route = host.host().parse().ok().and_then(|host: Domain| edge.proxy.table.find(&host));
    let Some(route) = route else { return next.run(request).await };
    let arrival = Arrival { peer, scheme: edge.scheme, host, route };
    let answered = edge.proxy.forward(&arrival, request).await;
    let response = answered.unwrap_or_else(Refusal::into_response);
    edge.proxy.requests.with_label_values(&[response.status().as_str()]).inc();
    response
}

/// What is no deployment's, beside the paths that every service has: a refusal.
pub(crate) fn own_routes() -> Router {
    Router::new().route("/", any(no_deployment)).route("/{*path}", any(no_deployment))
}

async fn no_deployment(request: Request) -> Refusal {
    match headers::authority(&request) {
        Some(host) => Refusal::not_found(format!("there is no deployment for host `{host}`")),
        None => Refusal::bad_request("the request names no host"),
    }
}

/// The request as one upstream gets it.
fn aim(head: &request::Parts, upstream: &Authority, upload: &Upload) -> Result<hyper::Request<Upload>, Refusal> {
    let path = head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    let uri = Uri::builder().scheme(Scheme::HTTP).authority(upstream.clone()).path_and_query(path).build();
    let mut request = hyper::Request::new(upload.clone());
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = uri.map_err(|error| Refusal::bad_request(format!("the path is refused: {error}")))?;
    *request.headers_mut() = head.headers.clone();
    Ok(request)
}

fn bad_gateway(arrival: &Arrival, reason: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_GATEWAY, format!("host `{}`: {reason}", arrival.host))
}
