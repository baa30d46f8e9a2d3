//! Which repository of a registry holds which blob, as far as this run knows: what one repository has is mounted into the
//! others, and what several lack is sent to one of them while the others wait.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use oci_spec::image::Digest;
use tokio::sync::watch;

use oci::reference::Repository;

/// What is known of one registry.
#[derive(Debug, Default)]
pub(super) struct Holders(Mutex<HashMap<Digest, State>>);

#[derive(Debug)]
enum State {
    Held(Repository),
    /// Somebody sends it; the channel closes when that ends, either way.
    OnItsWay(watch::Receiver<()>),
}

/// Who provides a blob.
pub(super) enum Claim<'a> {
    /// The caller, who sends it.
    Mine(Ticket<'a>),
    /// This repository has it.
    Held(Repository),
}

/// The duty to send a blob. Dropped without [`Ticket::sent`] it goes to the next one who waits.
pub(super) struct Ticket<'a> {
    holders: &'a Holders,
    digest: Digest,
    /// Never used, only dropped.
    _waiters: watch::Sender<()>,
}

impl Holders {
    /// Somebody saw the blob there.
    pub(super) fn found(&self, digest: &Digest, repository: &Repository) {
        self.lock().entry(digest.clone()).or_insert_with(|| State::Held(repository.clone()));
    }

    /// Waits until it is clear who provides the blob.
    pub(super) async fn claim(&self, digest: &Digest) -> Claim<'_> {
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
    pub(super) fn sent(self, repository: &Repository) {
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

#[cfg(test)]
mod tests {
    use futures_util::future::join;

    use super::*;

    fn digest() -> Digest {
        format!("sha256:{}", "a".repeat(64)).parse().unwrap()
    }

    fn repository(name: &str) -> Repository {
        format!("ghcr.io/unkeyed/{name}").parse().unwrap()
    }

    fn run(future: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future);
    }

    #[test]
    fn one_sends_and_the_other_waits_for_it() {
        run(async {
            let holders = Holders::default();
            let Claim::Mine(ticket) = holders.claim(&digest()).await else { panic!("nobody has it yet") };
            let send = async {
                tokio::task::yield_now().await;
                ticket.sent(&repository("api"));
            };
            let (claim, ()) = join(holders.claim(&digest()), send).await;
            assert!(matches!(claim, Claim::Held(holder) if holder == repository("api")));
        });
    }

    #[test]
    fn who_fails_hands_the_duty_on() {
        run(async {
            let holders = Holders::default();
            let Claim::Mine(ticket) = holders.claim(&digest()).await else { panic!("nobody has it yet") };
            let fail = async {
                tokio::task::yield_now().await;
                drop(ticket);
            };
            let (claim, ()) = join(holders.claim(&digest()), fail).await;
            assert!(matches!(claim, Claim::Mine(_)));
        });
    }

    #[test]
    fn the_first_repository_that_is_seen_with_a_blob_holds_it() {
        run(async {
            let holders = Holders::default();
            holders.found(&digest(), &repository("api"));
            holders.found(&digest(), &repository("vault"));
            let claim = holders.claim(&digest()).await;
            assert!(matches!(claim, Claim::Held(holder) if holder == repository("api")));
        });
    }
}
