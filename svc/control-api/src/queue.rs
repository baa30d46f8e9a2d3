//! What may happen to a deployment: it is requested once, leased to one worker at a time, and ended by that worker or by
//! too many attempts. Every change is one write of the store, so that no two callers can have the same.

use std::sync::Arc;
use std::time::Duration;

use runtime::{Clock, IntGauge, Metrics, Store, StoreProblem};
use serde::Serialize;
use tracing::warn;

use crate::deployment::{Deployment, Outcome, State, Wanted};
use crate::tables::{self, Record, Tables};

/// How many deployments may be unfinished. The search for the next one looks at all of them in the worst case.
const MOST_OPEN: u64 = 10_000;

/// How long a deployment waits after its first attempt, in milliseconds. Each further wait is twice as long.
const FIRST_PAUSE: u64 = 2_000;

/// The longest of these waits, in milliseconds.
const LONGEST_PAUSE: u64 = 300_000;

/// The numbers that a configuration decides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// How long a worker has a deployment without a word.
    pub(crate) lease: Duration,
    /// How often workers begin with a deployment.
    pub(crate) max_attempts: u32,
    /// How long a finished deployment is kept.
    pub(crate) keep: Duration,
}

/// The queue. A clone is the same queue.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    store: Store,
    clock: Arc<dyn Clock>,
    rules: Rules,
    /// How many are not finished.
    open: IntGauge,
}

/// What a request led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Requested {
    /// A new deployment.
    New(Deployment),
    /// The deployment of the same request, sent before.
    Before(Deployment),
    /// Nothing: another request had the same key.
    KeyTaken,
    /// Nothing: too many deployments are not finished.
    Full,
}

/// A deployment that a worker has for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Lease {
    #[serde(rename = "lease_id")]
    pub(crate) id: String,
    pub(crate) expires_in_seconds: u64,
    pub(crate) attempt: u32,
    pub(crate) deployment: Deployment,
}

/// A lease by its name. That is the deployment with the number of the attempt, so that the next attempt ends it without
/// a further entry.
#[derive(Clone, Debug)]
pub(crate) struct LeaseId {
    deployment: String,
    attempt: u32,
}

impl LeaseId {
    /// Nothing when there never was a lease of this name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (deployment, attempt) = text.rsplit_once('.')?;
        Some(Self { deployment: deployment.to_owned(), attempt: attempt.parse().ok()? })
    }
}

/// The lease ran out, or its deployment is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost;

impl Queue {
    pub(crate) fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        rules: Rules,
        metrics: &Metrics,
    ) -> Result<Self, StoreProblem> {
        let open = metrics.gauge("control_api_deployments_open", "Deployments that are not finished.");
        let queue = Self { store, clock, rules, open };
        queue.show_open(queue.store.read(tables::open_count)?);
        Ok(queue)
    }

    /// Takes a request, once for each key.
    pub(crate) async fn request(&self, key: String, wanted: Wanted) -> Result<Requested, StoreProblem> {
        let request = move |tables: &mut Tables<'_>, _| {
            if let Some(Record { deployment, .. }) = tables.with_key(&key)? {
                let is_same = deployment.wanted == wanted;
                return Ok(if is_same { Requested::Before(deployment) } else { Requested::KeyTaken });
            }
            if tables.open_count()? >= MOST_OPEN {
                return Ok(Requested::Full);
            }
            let record = Record { deployment: Deployment::new(wanted), idempotency_key: key, outcome: None };
            tables.add(&record)?;
            Ok(Requested::New(record.deployment))
        };
        self.write(request).await
    }

    /// The deployment with this id.
    pub(crate) fn get(&self, id: &str) -> Result<Option<Deployment>, StoreProblem> {
        self.store.read(|transaction| tables::read(transaction, id))
    }

    /// As [`tables::list`].
    pub(crate) fn list(&self, after: Option<&str>, limit: usize) -> Result<Option<Vec<Deployment>>, StoreProblem> {
        self.store.read(|transaction| tables::list(transaction, after, limit))
    }

    /// Gives the oldest deployment that is due to a worker.
    pub(crate) async fn lease(&self) -> Result<Option<Lease>, StoreProblem> {
        let now = self.clock.milliseconds();
        // Workers ask often, and an answer of "nothing" must not cost a write to the disk.
        if !self.store.read(|transaction| tables::is_any_due(transaction, now))? {
            return Ok(None);
        }
        let rules = self.rules;
        self.write(move |tables, now| lease_next(tables, now, rules)).await
    }

    /// Lets a worker have its deployment for longer, in seconds from now on.
    pub(crate) async fn heartbeat(&self, lease: LeaseId) -> Result<Result<u64, Lost>, StoreProblem> {
        let duration = self.rules.lease;
        let extend = move |tables: &mut Tables<'_>, now| {
            let Some((sequence, record)) = held(tables, &lease, now)? else { return Ok(Err(Lost)) };
            tables.keep_open(sequence, &record, now + milliseconds(duration))?;
            Ok(Ok(duration.as_secs()))
        };
        self.write(extend).await
    }

    /// Ends a lease with what the worker says.
    pub(crate) async fn end(
        &self,
        lease: LeaseId,
        outcome: Outcome,
        detail: Option<String>,
    ) -> Result<Result<(), Lost>, StoreProblem> {
        let max_attempts = self.rules.max_attempts;
        let end = move |tables: &mut Tables<'_>, now| {
            let Some((sequence, record)) = held(tables, &lease, now)? else {
                return Ok(if was_ended(tables, &lease, outcome)? { Ok(()) } else { Err(Lost) });
            };
            let record = ended(record, outcome, detail, max_attempts);
            match record.deployment.state {
                State::Queued => tables.keep_open(sequence, &record, now + pause(record.deployment.attempts))?,
                _ => tables.finish(sequence, &record, now)?,
            }
            Ok(Ok(()))
        };
        self.write(end).await
    }

    /// One write, which also removes what has been kept for long enough.
    async fn write<T, F>(&self, change: F) -> Result<T, StoreProblem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tables<'_>, u64) -> Result<T, StoreProblem> + Send + 'static,
    {
        let now = self.clock.milliseconds();
        let kept_since = now.saturating_sub(milliseconds(self.rules.keep));
        let write = self.store.write(move |transaction| {
            let mut tables = Tables::open(transaction)?;
            tables.prune(kept_since)?;
            let changed = change(&mut tables, now)?;
            Ok((changed, tables.open_count()?))
        });
        let (changed, open) = write.await?;
        self.show_open(open);
        Ok(changed)
    }

    fn show_open(&self, open: u64) {
        self.open.set(i64::try_from(open).unwrap_or(i64::MAX));
    }
}

/// Leases the next deployment that may still be tried, and fails those before it that may not.
fn lease_next(tables: &mut Tables<'_>, now: u64, rules: Rules) -> Result<Option<Lease>, StoreProblem> {
    while let Some((sequence, mut record)) = tables.next(now)? {
        let deployment = &mut record.deployment;
        if deployment.state == State::Leased {
            deployment.detail = Some(format!("the lease of attempt `{}` ran out", deployment.attempts));
        }
        record.outcome = None;
        if deployment.attempts >= rules.max_attempts {
            give_up(deployment);
            tables.finish(sequence, &record, now)?;
            continue;
        }
        deployment.state = State::Leased;
        deployment.attempts += 1;
        tables.keep_open(sequence, &record, now + milliseconds(rules.lease))?;
        let Record { deployment, .. } = record;
        let lease = Lease {
            id: format!("{}.{}", deployment.id, deployment.attempts),
            expires_in_seconds: rules.lease.as_secs(),
            attempt: deployment.attempts,
            deployment,
        };
        return Ok(Some(lease));
    }
    Ok(None)
}

/// The deployment of a lease that has neither run out nor ended.
fn held(tables: &Tables<'_>, lease: &LeaseId, now: u64) -> Result<Option<(u64, Record)>, StoreProblem> {
    let Some((sequence, record)) = tables.with_id(&lease.deployment)? else { return Ok(None) };
    let is_leased = record.deployment.state == State::Leased && record.deployment.attempts == lease.attempt;
    let expires = tables.due(sequence)?;
    Ok((is_leased && expires.is_some_and(|expires| expires > now)).then_some((sequence, record)))
}

/// Whether the lease ended in this way before: a worker that got no answer says it once more.
fn was_ended(tables: &Tables<'_>, lease: &LeaseId, outcome: Outcome) -> Result<bool, StoreProblem> {
    let found = tables.with_id(&lease.deployment)?;
    Ok(found.is_some_and(|(_, record)| record.deployment.attempts == lease.attempt && record.outcome == Some(outcome)))
}

/// The record after its attempt.
fn ended(mut record: Record, outcome: Outcome, detail: Option<String>, max_attempts: u32) -> Record {
    record.outcome = Some(outcome);
    let deployment = &mut record.deployment;
    deployment.detail = detail;
    match outcome {
        Outcome::Succeeded => deployment.state = State::Succeeded,
        Outcome::Failed => deployment.state = State::Failed,
        Outcome::Retry if deployment.attempts >= max_attempts => give_up(deployment),
        Outcome::Retry => deployment.state = State::Queued,
    }
    record
}

/// Fails a deployment that was tried too often: one that ends its workers must not do so for ever.
fn give_up(deployment: &mut Deployment) {
    let last = deployment.detail.as_deref().unwrap_or("the last one did not say why");
    deployment.detail = Some(format!("given up after `{}` attempts: {last}", deployment.attempts));
    deployment.state = State::Failed;
    warn!(deployment = deployment.id, detail = deployment.detail, "given up");
}

/// How long a deployment waits after this many attempts.
fn pause(attempts: u32) -> u64 {
    let doubled = 1_u64.checked_shl(attempts.saturating_sub(1)).unwrap_or(u64::MAX);
    FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
