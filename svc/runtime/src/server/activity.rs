//! What a connection is doing: whether its peer or the service is the one that is waited for. Owns the bodies that tell;
//! what is done about a peer that takes too long is `stream`'s and `room`'s.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};

use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::server::access::Access;

/// No head of a request has arrived as a whole since the connection began or the last answer was given.
const IDLE: u8 = 0;
/// There is a head, and its body is on its way.
const RECEIVING: u8 = 1;
/// The whole request is there.
const ANSWERING: u8 = 2;
/// HTTP is over: the connection is a tunnel for something else.
const TUNNEL: u8 = 3;

/// One connection's. Bodies, stream and room share it; only the connection's own task ends an idle connection, so that a
/// request which has just arrived is never cut off.
#[derive(Debug)]
pub(super) struct Activity {
    stage: AtomicU8,
    /// Whether the peer has not taken all of what was written.
    is_writing: AtomicBool,
    /// Milliseconds from `origin` to the beginning of the stage `IDLE`.
    idle_since: AtomicU64,
    origin: Instant,
    unwanted: Notify,
}

impl Activity {
    /// That of a new connection; all that are compared have one `origin`.
    pub(super) fn new(origin: Instant) -> Self {
        let activity = Self {
            stage: AtomicU8::new(IDLE),
            is_writing: AtomicBool::new(false),
            idle_since: AtomicU64::new(0),
            origin,
            unwanted: Notify::new(),
        };
        activity.become_idle();
        activity
    }

    /// Since when the connection is idle, in milliseconds from the origin; none while it is not.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let is_idle = self.is(IDLE) && !self.is_writing.load(Ordering::Relaxed);
        is_idle.then(|| self.idle_since.load(Ordering::Relaxed))
    }

    /// Whether it is for the peer to send something.
    pub(super) fn awaits_request(&self) -> bool {
        self.is(IDLE) || self.is(RECEIVING)
    }

    /// Notes whether the peer has not taken all of what was written.
    pub(super) fn set_writing(&self, is_writing: bool) {
        self.is_writing.store(is_writing, Ordering::Relaxed);
    }

    /// Notes that what follows is no HTTP.
    pub(super) fn become_tunnel(&self) {
        self.stage.store(TUNNEL, Ordering::Relaxed);
    }

    /// Asks the connection to end if it is idle.
    pub(super) fn dismiss(&self) {
        self.unwanted.notify_one();
    }

    /// Ends when the connection was asked to end while it is idle.
    pub(super) async fn dismissed(&self) {
        loop {
            self.unwanted.notified().await;
            if self.idle_since().is_some() {
                break;
            }
        }
    }

    fn is(&self, stage: u8) -> bool {
        self.stage.load(Ordering::Relaxed) == stage
    }

    fn become_idle(&self) {
        let since = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.idle_since.store(since, Ordering::Relaxed);
        self.stage.store(IDLE, Ordering::Relaxed);
    }
}

/// A step of one request, which ends when this is dropped, however it ends.
#[derive(Debug)]
pub(super) struct Step {
    activity: Arc<Activity>,
    stage: u8,
    /// The line of the log that ends with the answer.
    access: Option<Box<Access>>,
}

impl Step {
    /// A request has begun: its arrival, and all of it up to the end of its answer.
    pub(super) fn begin(activity: &Arc<Activity>) -> (Self, Self) {
        activity.stage.store(RECEIVING, Ordering::Relaxed);
        let step = |stage| Self { activity: activity.clone(), stage, access: None };
        (step(RECEIVING), step(ANSWERING))
    }

    /// The same with a line of the log that is written at its end.
    pub(super) fn with_access(mut self, access: Option<Box<Access>>) -> Self {
        self.access = access;
        self
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if self.stage == ANSWERING {
            self.activity.become_idle();
            return;
        }
        let stage = &self.activity.stage;
        // A body may outlive its request, by then it says nothing.
        let _ = stage.compare_exchange(RECEIVING, ANSWERING, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// A body with the step that ends with it.
#[derive(Debug)]
pub(super) struct Tracked<B> {
    body: B,
    step: Option<Step>,
}

impl<B: Body> Tracked<B> {
    pub(super) fn new(body: B, step: Step) -> Self {
        let step = if body.is_end_stream() { None } else { Some(step) };
        Self { body, step }
    }
}

impl<B: Body + Unpin> Body for Tracked<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let is_over = matches!(polled, Poll::Ready(None | Some(Err(_)))) || self.body.is_end_stream();
        if is_over {
            self.step = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
