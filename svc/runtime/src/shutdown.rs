//! How a service stops. The first `SIGTERM` or `SIGINT` ends readiness and asks every part to finish; a second signal,
//! or the end of the grace period, ends the wait. Unix only, as the images are.
//!
//! The listener closes at the first signal, so new connections are refused while an orchestrator still sends some.
//! Where that matters, delay the signal and not the server: in Kubernetes with `preStop.sleep`, which needs no shell.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time;
use tracing::info;

use crate::error::Error;
use crate::health::Health;

/// Tells every part of a service that it has to finish.
#[derive(Clone, Debug)]
pub struct Shutdown {
    requested: watch::Receiver<bool>,
}

impl Shutdown {
    /// Both ends of a shutdown, for tests of what has to end.
    #[must_use]
    pub fn channel() -> (Trigger, Self) {
        let (sender, requested) = watch::channel(false);
        (Trigger(sender), Self { requested })
    }

    /// Ends when the service has to stop; at once if that was earlier.
    pub async fn requested(&self) {
        // An error means that whoever would ask is gone, and the service with it.
        let _ = self.requested.clone().wait_for(|requested| *requested).await;
    }

    /// Whether the service has to stop, for loops that cannot wait.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.requested.borrow()
    }
}

/// Asks for the shutdown.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

impl Trigger {
    /// Tells every part that has the other end.
    pub fn request(&self) {
        self.0.send_replace(true);
    }
}

/// The names of the signals as they arrive. From here on they no longer end the process.
pub(crate) fn listen() -> Result<mpsc::Receiver<&'static str>, Error> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            if sender.send(name).await.is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}

/// What a drain acts on.
#[derive(Debug)]
pub(crate) struct Drain {
    pub(crate) trigger: Trigger,
    pub(crate) health: Health,
    pub(crate) grace: Duration,
}

/// Waits for `run`, which the drain's grace period covers as a whole, whatever it waits for.
pub(crate) async fn supervise(
    drain: Drain,
    signals: mpsc::Receiver<&'static str>,
    run: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    tokio::select! {
        // A run that is done is done, even if the period ends in the same moment.
        biased;
        result = run => result,
        cut_short = drain.watch(signals) => Err(cut_short),
    }
}

impl Drain {
    /// Ends when the service has to be stopped without waiting any longer.
    async fn watch(self, mut signals: mpsc::Receiver<&'static str>) -> Error {
        let signal = next(&mut signals).await;
        info!(signal, grace_seconds = self.grace.as_secs(), "draining");
        self.health.drain();
        self.trigger.request();
        tokio::select! {
            signal = next(&mut signals) => Error::SecondSignal { signal },
            () = time::sleep(self.grace) => Error::GraceExceeded { grace: self.grace },
        }
    }
}

/// The next signal; never ends where none can come any more.
async fn next(signals: &mut mpsc::Receiver<&'static str>) -> &'static str {
    match signals.recv().await {
        Some(name) => name,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::future::pending;

    use tokio::time::Instant;

    use crate::health::State;

    /// A drain with a grace period of 5 s, and what it acts on.
    fn drain() -> (Drain, Shutdown, Health) {
        let (trigger, shutdown) = Shutdown::channel();
        let health = Health::default();
        health.hold().release();
        (Drain { trigger, health: health.clone(), grace: Duration::from_secs(5) }, shutdown, health)
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_finishes_within_the_period_is_a_success() {
        let (drain, shutdown, health) = drain();
        let (sender, signals) = mpsc::channel(2);
        sender.send("SIGTERM").await.expect("sent");
        let run = async {
            assert!(!shutdown.is_requested());
            shutdown.requested().await;
            assert!(shutdown.is_requested());
            assert_eq!(health.state(), State::Draining);
            time::sleep(Duration::from_secs(4)).await;
            Ok(())
        };
        supervise(drain, signals, run).await.expect("drained");
    }

    #[tokio::test(start_paused = true)]
    async fn the_period_counts_from_the_signal() {
        let (drain, _shutdown, _health) = drain();
        let (sender, signals) = mpsc::channel(2);
        let start = Instant::now();
        tokio::spawn(async move {
            time::sleep(Duration::from_mins(1)).await;
            sender.send("SIGTERM").await.expect("sent");
        });
        let error = supervise(drain, signals, pending()).await.expect_err("cut short");
        assert!(matches!(error, Error::GraceExceeded { grace } if grace.as_secs() == 5));
        assert_eq!(start.elapsed(), Duration::from_secs(65));
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_does_not_wait() {
        let (drain, _shutdown, _health) = drain();
        let (sender, signals) = mpsc::channel(2);
        sender.send("SIGTERM").await.expect("sent");
        sender.send("SIGINT").await.expect("sent");
        let start = Instant::now();
        let error = supervise(drain, signals, pending()).await.expect_err("cut short");
        assert!(matches!(error, Error::SecondSignal { signal: "SIGINT" }));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_of_the_run_is_the_result() {
        let (drain, _shutdown, _health) = drain();
        let (_sender, signals) = mpsc::channel(2);
        let failed = async { Err(Error::service("open the store `/a`", "no such folder")) };
        let error = supervise(drain, signals, failed).await.expect_err("failed");
        assert_eq!(error.to_string(), "cannot open the store `/a`");
    }
}
