//! A connection that becomes something else than HTTP, such as a websocket: its bytes pass through in both directions, for
//! as long as both sides want or until the grace period of a shutdown is over.

use axum::extract::Request;
use axum::http::HeaderValue;
use hyper::Response;
use hyper::body::Incoming;
use hyper::upgrade::{self, OnUpgrade};
use hyper_util::rt::TokioIo;
use tokio::io;
use tracing::debug;

use crate::headers;

/// The client's side of a change of protocol that it asks for.
pub(super) struct Tunnel {
    protocol: HeaderValue,
    client: OnUpgrade,
}

impl Tunnel {
    /// What a request asks for, if it does.
    pub(super) fn wanted(request: &mut Request) -> Option<Self> {
        let protocol = headers::upgrade(request.headers())?;
        Some(Self { protocol, client: upgrade::on(request) })
    }

    /// What the connection is to become.
    pub(super) fn protocol(&self) -> HeaderValue {
        self.protocol.clone()
    }

    /// Lets bytes pass as soon as the client has the answer, until both sides are done.
    pub(super) fn open(self, response: &mut Response<Incoming>) {
        headers::set_upgrade(response.headers_mut(), self.protocol);
        let (client, upstream) = (self.client, upgrade::on(response));
        tokio::spawn(async move {
            let ended = copy(client, upstream).await;
            ended.unwrap_or_else(|error| debug!(%error, "a tunnel ended early"));
        });
    }
}

async fn copy(client: OnUpgrade, upstream: OnUpgrade) -> io::Result<()> {
    let (client, upstream) = tokio::try_join!(client, upstream).map_err(io::Error::other)?;
    io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(upstream)).await?;
    Ok(())
}
