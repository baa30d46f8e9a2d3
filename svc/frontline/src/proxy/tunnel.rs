//! A connection that becomes something else than HTTP, such as a websocket: its bytes pass through in both directions.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode};
use hyper::Response;
use hyper::body::Incoming;
use hyper::upgrade::{self, OnUpgrade};
use hyper_util::rt::TokioIo;
use runtime::Refusal;
use tokio::io;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::debug;

use crate::headers;

/// The client's side of a change of protocol that it asks for.
pub(super) struct Tunnel {
    protocol: HeaderValue,
    client: OnUpgrade,
    permit: OwnedSemaphorePermit,
}

impl Tunnel {
    /// What a request asks for, if it does and there is room.
    pub(super) fn wanted(request: &mut Request, room: &Arc<Semaphore>) -> Result<Option<Self>, Refusal> {
        let Some(protocol) = headers::upgrade(request.headers()) else { return Ok(None) };
        let permit = room.clone().try_acquire_owned();
        let full = |_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "there are too many connections already");
        Ok(Some(Self { protocol, client: upgrade::on(request), permit: permit.map_err(full)? }))
    }

    /// What the connection is to become.
    pub(super) fn protocol(&self) -> HeaderValue {
        self.protocol.clone()
    }

    /// Lets bytes pass as soon as the client has the answer, until both sides are done.
    pub(super) fn open(self, response: &mut Response<Incoming>) {
        headers::set_upgrade(response.headers_mut(), self.protocol);
        let (client, upstream, permit) = (self.client, upgrade::on(response), self.permit);
        tokio::spawn(async move {
            let ended = copy(client, upstream).await;
            ended.unwrap_or_else(|error| debug!(%error, "a tunnel ended early"));
            drop(permit);
        });
    }
}

async fn copy(client: OnUpgrade, upstream: OnUpgrade) -> io::Result<()> {
    let (client, upstream) = tokio::try_join!(client, upstream).map_err(io::Error::other)?;
    io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(upstream)).await?;
    Ok(())
}
