//! The stream below HTTP, which fails when its peer takes too long: with an answer at any time, with a request while the
//! service drains. How long a request may take before that is hyper's and `limits`' to say.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{self, Instant, Sleep};

use crate::limits::Limits;
use crate::server::room::Place;
use crate::shutdown::Shutdown;

/// How many bytes buy a peer another second of a drain: the rate below which Kestrel takes a client for one that only
/// holds on to its connection.
const BYTES_A_SECOND: u32 = 240;

/// A stream whose peer is not waited for without end.
#[derive(Debug)]
pub(super) struct PatientStream<S> {
    stream: S,
    /// Held here, because the stream of a tunnel outlives the connection that it began as.
    place: Place,
    limits: Limits,
    shutdown: Shutdown,
    reading: Wait,
    writing: Wait,
}

impl<S> PatientStream<S> {
    pub(super) fn new(stream: S, place: Place, limits: Limits, shutdown: Shutdown) -> Self {
        let wait = || Wait { begun: None, left: limits.unfinished, timer: None };
        Self { stream, place, limits, shutdown, reading: wait(), writing: wait() }
    }

    /// What came of a read, or that the peer has been waited for long enough.
    fn read(&mut self, polled: Poll<io::Result<()>>, bytes: usize, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if polled.is_ready() {
            self.reading.end(bytes, self.limits.unfinished);
            return polled;
        }
        if self.shutdown.is_requested() && self.place.activity.awaits_request() {
            return self.reading.poll(None, context).map(Err);
        }
        Poll::Pending
    }

    /// What came of a write, or that the peer has been waited for long enough.
    fn write<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        bytes: impl FnOnce(&T) -> usize,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        self.place.activity.set_writing(polled.is_pending());
        if let Poll::Ready(done) = &polled {
            self.writing.end(done.as_ref().map_or(0, bytes), self.limits.unfinished);
            return polled;
        }
        let limit = if self.shutdown.is_requested() { None } else { Some(self.limits.write) };
        self.writing.poll(limit, context).map(Err)
    }
}

/// A wait for the peer, in one direction.
#[derive(Debug)]
struct Wait {
    /// When it began, and the limit that it began with; none is that of a drain.
    begun: Option<(Instant, Option<Duration>)>,
    /// How much longer the peer is waited for in a drain.
    left: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Wait {
    /// Waits up to `limit`, or for what is left in a drain.
    fn poll(&mut self, limit: Option<Duration>, context: &mut Context<'_>) -> Poll<io::Error> {
        let begun = match self.begun {
            Some((begun, before)) if before == limit => begun,
            _ => Instant::now(),
        };
        self.begun = Some((begun, limit));
        let end = begun + limit.unwrap_or(self.left);
        let timer = self.timer.get_or_insert_with(|| Box::pin(time::sleep_until(end)));
        if timer.deadline() != end {
            timer.as_mut().reset(end);
        }
        timer.as_mut().poll(context).map(|()| io::Error::new(ErrorKind::TimedOut, "the peer does not go on"))
    }

    /// The peer went on, by so many bytes.
    fn end(&mut self, bytes: usize, most: Duration) {
        let Some((begun, limit)) = self.begun.take() else { return };
        if limit.is_none() {
            let earned = Duration::from_secs(u64::try_from(bytes).unwrap_or(u64::MAX)) / BYTES_A_SECOND;
            self.left = self.left.saturating_sub(begun.elapsed()).saturating_add(earned).min(most);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PatientStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.read(polled, buffer.filled().len() - before, context)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PatientStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.write(polled, |written| *written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.write(polled, |written| *written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.write(polled, |()| 0, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.write(polled, |()| 0, context)
    }
}
