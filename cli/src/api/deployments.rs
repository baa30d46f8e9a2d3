//! `/v1/deployments`: requests a deployment, and follows it to its end.

use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Error;
use crate::http::{Call, Client};
use crate::id::Id;

const PATH: &str = "/v1/deployments";

/// The wait before the first look at a deployment.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// The longest wait between two looks at a deployment.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What is to be deployed.
#[derive(Clone, Debug, Serialize)]
pub struct Wanted {
    /// The name that visitors use.
    pub host: String,
    /// Where it is served, `HOST:PORT`, in the order of preference.
    pub upstreams: Vec<String>,
    /// How many copies are to run.
    pub replicas: u32,
}

/// How far a deployment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for a worker.
    Queued,
    /// A worker has it.
    Leased,
    /// It was carried out.
    Succeeded,
    /// It cannot be carried out, or was tried too often.
    Failed,
}

impl State {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// A deployment as the server has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Deployment {
    /// By which it is found again.
    pub id: Id,
    /// The name that visitors use.
    pub host: String,
    /// Where it is served.
    pub upstreams: Vec<String>,
    /// How many copies are to run.
    pub replicas: u32,
    /// How far it has come.
    pub state: State,
    /// How often a worker has begun with it.
    pub attempts: u32,
    /// What the last attempt, once it has ended, had to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A name for one request, by which the server knows it when it is sent again.
///
/// # Errors
/// When the system has no random numbers.
pub fn new_idempotency_key() -> Result<String, Error> {
    let random = [getrandom::u64(), getrandom::u64()];
    let [first, second] = random.map(|number| number.map_err(Error::Random));
    Ok(format!("unkey-{:016x}{:016x}", first?, second?))
}

/// One that was requested under the same key before is returned as it is now.
fn request(client: &Client, idempotency_key: &str, wanted: &Wanted) -> Result<Deployment, Error> {
    client.document(&Call::post(PATH, &json!(wanted)).with_idempotency_key(idempotency_key))
}

fn show(client: &Client, id: &Id) -> Result<Deployment, Error> {
    let path = format!("{PATH}/{id}");
    let deployment: Deployment = client.document(&Call::get(&path))?;
    // How another one fares says nothing about this one.
    if deployment.id == *id { Ok(deployment) } else { Err(client.unfit(&path, "another deployment")) }
}

/// Whether the server takes the key.
///
/// # Errors
/// When it does not, or cannot be asked.
pub fn check(client: &Client) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(rename = "deployments")]
        _deployments: Vec<Deployment>,
    }
    client.document::<Page>(&Call::get("/v1/deployments?limit=1")).map(drop)
}

/// What is followed to its end.
#[derive(Clone, Debug)]
pub enum Begin {
    /// One that is requested under a name of its own.
    Request {
        /// The name.
        idempotency_key: String,
        /// What is to be deployed.
        wanted: Wanted,
    },
    /// One that was requested before.
    Known(Id),
}

/// What is told on the way.
#[derive(Debug)]
pub enum Event {
    /// It is there, or has come further.
    Seen(Deployment),
    /// It could not be asked for; it will be again.
    Lost(Error),
}

/// Requests a deployment and waits until it has ended, for at most this time; `None` only requests it.
///
/// # Errors
/// When the server refuses, cannot be asked for the first time, or the time is over.
pub fn follow(
    client: &Client,
    begin: &Begin,
    patience: Option<Duration>,
    tell: &dyn Fn(Event),
) -> Result<Deployment, Error> {
    let mut deployment = match begin {
        Begin::Request { idempotency_key, wanted } => request(client, idempotency_key, wanted)?,
        Begin::Known(id) => show(client, id)?,
    };
    tell(Event::Seen(deployment.clone()));
    let Some(patience) = patience else { return Ok(deployment) };
    let (start, mut wait) = (Instant::now(), FIRST_WAIT);
    while !deployment.state.is_final() {
        let rest = patience.saturating_sub(start.elapsed());
        if rest.is_zero() {
            let (id, state) = (deployment.id, deployment.state.name());
            return Err(Error::NotFinished { id, state, after: patience });
        }
        thread::sleep(wait.min(rest));
        wait = (wait * 3 / 2).min(LONGEST_WAIT);
        match show(client, &deployment.id) {
            Ok(now) if now == deployment => {}
            Ok(now) => {
                tell(Event::Seen(now.clone()));
                deployment = now;
            }
            // The deployment goes on without who asks, and the server may be starting anew.
            Err(error) if error.is_transient() => tell(Event::Lost(error)),
            Err(error) => return Err(error),
        }
    }
    Ok(deployment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_requests_have_one_key() {
        let (one, other) = (new_idempotency_key().unwrap(), new_idempotency_key().unwrap());
        assert_ne!(one, other);
        assert!(one.len() == 38 && one.bytes().all(|byte| byte.is_ascii_graphic()), "{one}");
    }

    #[test]
    fn the_last_states_are_final() {
        let is_final = [State::Queued, State::Leased, State::Succeeded, State::Failed].map(State::is_final);
        assert_eq!(is_final, [false, false, true, true]);
    }
}
