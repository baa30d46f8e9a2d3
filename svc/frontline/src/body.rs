//! The two bodies that stream through: what a client sends, and what an upstream answers. Neither is ever held as a
//! whole: a part is read when the other side has taken the one before.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{self, Instant, Sleep};

/// A body on its way to an upstream. A clone is the same body: when nothing of it was sent to one upstream, the next one
/// gets it.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    body: Body,
    progress: Progress,
}

/// How far an upload is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// When a part was last taken, or the upload began.
    pub(crate) moved: Instant,
    /// Whether it is the client that is waited for.
    pub(crate) is_waiting: bool,
    /// Whether it ended too early, or in a form that is none.
    pub(crate) is_broken: bool,
}

impl Upload {
    /// The upload of a body from now on.
    pub(crate) fn new(body: Body) -> Self {
        let progress = Progress { moved: Instant::now(), is_waiting: false, is_broken: false };
        Self { inner: Arc::new(Mutex::new(Inner { body, progress })) }
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> Progress {
        self.lock().progress
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut inner = self.lock();
        let polled = Pin::new(&mut inner.body).poll_frame(context);
        inner.progress = Progress {
            moved: if polled.is_ready() { Instant::now() } else { inner.progress.moved },
            is_waiting: polled.is_pending(),
            is_broken: matches!(polled, Poll::Ready(Some(Err(_)))),
        };
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().body.size_hint()
    }
}

/// A body on its way to a client. It fails when the upstream pauses for too long.
///
/// It does not tell its size: an answer to `HEAD` says a length and has none.
#[derive(Debug)]
pub(crate) struct Download {
    body: Incoming,
    limit: Duration,
    /// Runs only while the upstream is waited for, not while the client is.
    pause: Pin<Box<Sleep>>,
    is_waiting: bool,
}

/// An upstream does not go on.
#[derive(Debug, thiserror::Error)]
#[error("the upstream did not go on within the `{}` s of `idle_seconds`", .0.as_secs())]
struct Idle(Duration);

impl Download {
    /// The answer's body; `limit` is how long the upstream may pause.
    pub(crate) fn new(body: Incoming, limit: Duration) -> Self {
        Self { body, limit, pause: Box::pin(time::sleep(limit)), is_waiting: false }
    }
}

impl HttpBody for Download {
    type Data = Bytes;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.is_waiting = false;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if !self.is_waiting {
            let end = Instant::now() + self.limit;
            self.pause.as_mut().reset(end);
            self.is_waiting = true;
        }
        self.pause.as_mut().poll(context).map(|()| Some(Err(Idle(self.limit).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
