//! What a worker asks of control-api: a deployment, more time for it, and to hear how it ended.

use axum::http::{Method, StatusCode};
use runtime::{Call, Client, ClientError, Domain, HostPort};
use serde::{Deserialize, Serialize};

/// A deployment that this worker has for a while.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Lease {
    #[serde(rename = "lease_id")]
    pub(crate) id: String,
    pub(crate) expires_in_seconds: u64,
    pub(crate) attempt: u32,
    pub(crate) deployment: Deployment,
}

/// What is to be carried out.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Deployment {
    pub(crate) id: String,
    pub(crate) host: Domain,
    pub(crate) upstreams: Vec<HostPort>,
    pub(crate) replicas: u32,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// The deployment is carried out.
    Succeeded,
    /// Another attempt may succeed.
    Retry,
    /// No attempt can succeed.
    Failed,
}

impl Outcome {
    /// As in documents and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Retry => "retry",
            Self::Failed => "failed",
        }
    }
}

/// What is said at the end of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Ending {
    pub(crate) outcome: Outcome,
    /// At most 1000 bytes: control-api takes no more.
    pub(crate) detail: String,
}

#[derive(Debug, Serialize)]
struct Taker<'a> {
    worker: &'a str,
}

#[derive(Debug, Deserialize)]
struct Extended {
    expires_in_seconds: u64,
}

/// control-api, as a worker sees it.
#[derive(Clone, Debug)]
pub(crate) struct ControlApi {
    client: Client,
}

impl ControlApi {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The next deployment, if there is one.
    pub(crate) async fn lease(&self, worker: &str) -> Result<Option<Lease>, ClientError> {
        let call = Call::new(Method::POST, "/v1/leases").json(&Taker { worker });
        // Once: if the answer is lost, a second question would take a second deployment, and nobody works at the first.
        let answer = self.client.send_once(&call).await?;
        if answer.status == StatusCode::NO_CONTENT { Ok(None) } else { answer.json().map(Some) }
    }

    /// Asks for more time; returns how many seconds there are from now on.
    pub(crate) async fn heartbeat(&self, lease: &Lease) -> Result<u64, ClientError> {
        let call = Call::new(Method::POST, format!("/v1/leases/{}/heartbeat", lease.id));
        // Once: the next heartbeat is the next try.
        let extended: Extended = self.client.send_once(&call).await?.json()?;
        Ok(extended.expires_in_seconds)
    }

    /// Says how the attempt ended.
    pub(crate) async fn end(&self, lease: &Lease, ending: &Ending) -> Result<(), ClientError> {
        let call = Call::new(Method::POST, format!("/v1/leases/{}/result", lease.id)).json(ending);
        self.client.send(&call).await.map(drop)
    }
}
