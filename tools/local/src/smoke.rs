//! One run through all services, as their users see them: a key is issued, used and counted, a secret goes through the
//! vault, and a deployment is carried from a request to a route.
//!
//! Owns the order and what each answer has to say. It may be run again and again: the key is revoked at the end, and the
//! deployment replaces the one of the run before.

mod client;
mod steps;

use std::time::Duration;

use crate::Error;
use crate::compose::Service;
use client::Client;

/// The host name that the deployment is for: names below `localhost` are this machine's, without anybody's help.
pub const HOST: &str = "smoke.localhost";

/// How long it may take until a service has heard of what another one was told.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was found out by a step, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who was asked.
    pub service: &'static str,
    /// What was done.
    pub step: &'static str,
    /// What came of it.
    pub outcome: String,
}

/// Runs all steps in order and tells each when it is done.
///
/// # Errors
/// At the first service that does not answer, or answers with something else than it should.
pub fn run(services: &[Service], token: &str, tell: &mut dyn FnMut(&Found)) -> Result<(), Error> {
    let client = Client::new(services, token);
    let mut found = |service, step, outcome| tell(&Found { service, step, outcome });
    let key = steps::issue(&client)?;
    found("api", "issue a key", format!("{}: {}...", key.id, key.prefix()));
    let verified = steps::verify(&client, &key);
    let counted = verified.and_then(|()| {
        found("api", "verify it", "valid".to_owned());
        steps::count(&client, &key)
    });
    // A key that nobody knows any more is not to stay valid, also where a step failed.
    let revoked = steps::revoke(&client, &key);
    found("heimdall", "count its use", format!("{} today", counted?));
    revoked?;
    found("api", "revoke it", "it is refused as `revoked`".to_owned());
    found("vault", "encrypt and decrypt", format!("the same text, by the key `{}`", steps::vault(&client)?));
    let deployment = steps::request(&client)?;
    found("control-api", "request a deployment", format!("{} is queued for {HOST}", deployment.id));
    found("control-worker", "carry it to krane", steps::wait_for_deployment(&client, &deployment)?);
    found("krane", "want it", steps::wanted(&client, &deployment)?);
    found("frontline", "reach it by host name", steps::reach(&client)?);
    Ok(())
}
