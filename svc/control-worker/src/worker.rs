//! The loop of a worker: takes one deployment after the other, keeps its lease while it is carried out, and says how it
//! ended. What is not said is done again, by this worker or another.

use std::time::Duration;

use axum::http::StatusCode;
use backon::{BackoffBuilder as _, ExponentialBuilder};
use runtime::{Client, ClientError, Health, InstanceId, IntCounterVec, Metrics, Service, Shutdown, State};
use tokio::time::{self, Instant};
use tracing::{error, info, warn};

use crate::attempt::carry_out;
use crate::control_api::{ControlApi, Ending, Lease};
use crate::krane::Krane;

/// The first pause after there was nothing to do.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest of these pauses, before jitter.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Between two tries to say how an attempt ended.
const RESULT_PAUSE: Duration = Duration::from_secs(1);

/// The longest lease that is believed.
const LONGEST_LEASE: Duration = Duration::from_hours(1);

/// One loop. A clone is another loop of the same instance.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    name: InstanceId,
    control_api: ControlApi,
    krane: Krane,
    health: Health,
    shutdown: Shutdown,
    /// How long an attempt may still take after a shutdown was requested.
    patience: Duration,
    /// How attempts ended.
    attempts: IntCounterVec,
}

impl Worker {
    pub(crate) fn new(service: &Service, control_api: Client, krane: Client) -> Self {
        Self {
            name: service.instance_id.clone(),
            control_api: ControlApi::new(control_api),
            krane: Krane::new(krane),
            health: service.health.clone(),
            shutdown: service.shutdown.clone(),
            // The rest of the grace period is for the end of the process itself.
            patience: service.settings.shutdown_grace * 3 / 4,
            attempts: attempts(&service.metrics),
        }
    }

    /// Works until a shutdown is requested and what it has begun is done or given up.
    pub(crate) async fn run(self) {
        let builder = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_max_delay(LONGEST_PAUSE).with_jitter();
        let builder = builder.without_max_times();
        let mut pauses = builder.build();
        let mut was_refused = false;
        while !self.shutdown.is_requested() {
            let begun = Instant::now();
            let leased = self.next().await;
            if let Err(error) = &leased
                && !was_refused
            {
                warn!(%error, problem = %error.problem, "cannot get a deployment, trying again");
            }
            was_refused = leased.is_err();
            if let Ok(Some(lease)) = leased {
                self.work(&lease, begun).await;
                pauses = builder.build();
                continue;
            }
            tokio::select! {
                () = time::sleep(pauses.next().unwrap_or(LONGEST_PAUSE)) => {}
                () = self.shutdown.requested() => {}
            }
        }
    }

    /// The next deployment. None is taken while krane is known to be away, which would use its attempts up, and none
    /// before the service listens, which it may fail to do.
    async fn next(&self) -> Result<Option<Lease>, ClientError> {
        if self.health.state() != State::Ready {
            return Ok(None);
        }
        self.control_api.lease(self.name.as_str()).await
    }

    /// Works at a deployment that was asked for at `begun`.
    async fn work(&self, lease: &Lease, begun: Instant) {
        let (deployment, attempt) = (&lease.deployment.id, lease.attempt);
        info!(deployment, attempt, host = %lease.deployment.host, "begun");
        let ended = tokio::select! {
            // What is said is said, even if the lease is lost in the same moment.
            biased;
            said = self.finish(lease) => said,
            () = self.keep(lease, begun) => None,
            () = self.lose_patience() => {
                warn!(deployment, attempt, "stopped before it was done, another worker gets it when the lease runs out");
                self.count("left");
                return;
            }
        };
        if let Some(Ending { outcome, detail }) = ended {
            info!(deployment, attempt, outcome = outcome.name(), detail, "ended");
            self.count(outcome.name());
        } else {
            warn!(deployment, attempt, "the lease is lost, another worker gets the deployment");
            self.count("lost");
        }
    }

    /// Carries the deployment out and says how that ended; nothing when control-api does not want to know.
    async fn finish(&self, lease: &Lease) -> Option<Ending> {
        let ending = carry_out(&self.krane, &lease.deployment).await;
        loop {
            match self.control_api.end(lease, &ending).await {
                Ok(()) => return Some(ending),
                Err(error) if is_lost(&error) => return None,
                Err(error) if error.problem.may_pass() => {
                    warn!(%error, problem = %error.problem, "cannot say the result, trying again");
                }
                Err(error) => {
                    error!(%error, problem = %error.problem, "the result is refused");
                    return None;
                }
            }
            time::sleep(RESULT_PAUSE).await;
        }
    }

    /// Keeps the lease alive; ends when it is lost. A lease that cannot be extended in time is lost on both sides, because
    /// its time is counted from before it was asked for.
    async fn keep(&self, lease: &Lease, begun: Instant) {
        let mut length = believed(lease.expires_in_seconds);
        let mut end = begun + length;
        loop {
            time::sleep_until(end.min(Instant::now() + length / 3)).await;
            let asked = Instant::now();
            match time::timeout_at(end, self.control_api.heartbeat(lease)).await {
                Ok(Ok(seconds)) => {
                    length = believed(seconds);
                    end = asked + length;
                }
                Ok(Err(error)) if !is_lost(&error) => {
                    warn!(%error, problem = %error.problem, "a heartbeat failed");
                }
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }

    /// Ends when a deployment must not take any longer.
    async fn lose_patience(&self) {
        self.shutdown.requested().await;
        time::sleep(self.patience).await;
    }

    fn count(&self, outcome: &str) {
        self.attempts.with_label_values(&[outcome]).inc();
    }
}

fn attempts(metrics: &Metrics) -> IntCounterVec {
    metrics.counters("control_worker_attempts_total", "Attempts by their end.", &["outcome"])
}

fn believed(seconds: u64) -> Duration {
    Duration::from_secs(seconds).min(LONGEST_LEASE)
}

/// Whether control-api says that the lease is no longer this worker's.
fn is_lost(error: &ClientError) -> bool {
    error.problem.status() == Some(StatusCode::CONFLICT)
}

#[cfg(test)]
mod tests;
