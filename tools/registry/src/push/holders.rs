//! Which repository of a registry has which blob, as far as this run knows. A blob that one repository has is mounted into the
//! others. A blob that several lack is sent to one of them while the others wait.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use oci_spec::image::Digest;
use tokio::sync::watch;

use oci::reference::Repository;

/// What is known of one registry.
#[derive(Debug, Default)]
pub(crate) struct Holders(Mutex<HashMap<Digest, State>>);

#[derive(Debug)]
enum State {
    Held(Repository),
    /// A service sends it; the channel closes when that succeeds or fails.
    OnItsWay(watch::Receiver<()>),
}

/// Where a blob comes from.
pub(crate) enum Claim<'a> {
    /// The caller sends it.
    Mine(Ticket<'a>),
    /// This repository has it.
    Held(Repository),
}

/// The task of sending a blob. Dropped without [`Ticket::sent`], it passes to the next service that waits.
pub(crate) struct Ticket<'a> {
    holders: &'a Holders,
    digest: Digest,
    /// Never used, only dropped.
    _waiters: watch::Sender<()>,
}

impl Holders {
    /// The blob was found in `repository`.
    pub(crate) fn found(&self, digest: &Digest, repository: &Repository) {
        self.lock().entry(digest.clone()).or_insert_with(|| State::Held(repository.clone()));
    }

    /// Waits until the blob is in a repository or the caller is to send it.
    pub(crate) async fn claim(&self, digest: &Digest) -> Claim<'_> {
        loop {
            let mut sent = match self.try_claim(digest) {
                Ok(claim) => return claim,
                Err(sent) => sent,
            };
            // It fails when the sender is gone, which is what is waited for.
            let _ = sent.changed().await;
        }
    }

    fn try_claim(&self, digest: &Digest) -> Result<Claim<'_>, watch::Receiver<()>> {
        let mut states = self.lock();
        match states.get(digest) {
            Some(State::Held(repository)) => Ok(Claim::Held(repository.clone())),
            Some(State::OnItsWay(sent)) => Err(sent.clone()),
            None => {
                let (sender, receiver) = watch::channel(());
                states.insert(digest.clone(), State::OnItsWay(receiver));
                Ok(Claim::Mine(Ticket { holders: self, digest: digest.clone(), _waiters: sender }))
            }
        }
    }

    /// A panic elsewhere leaves the map as it was.
    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket<'_> {
    /// The blob is in `repository` now.
    pub(crate) fn sent(self, repository: &Repository) {
        self.holders.lock().insert(self.digest.clone(), State::Held(repository.clone()));
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut states = self.holders.lock();
        if matches!(states.get(&self.digest), Some(State::OnItsWay(_))) {
            states.remove(&self.digest);
        }
    }
}
