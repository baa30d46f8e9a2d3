//! What a worker asks of krane: that a deployment is to run, what of it runs, and where requests go.

use axum::http::Method;
use runtime::{Call, Client, ClientError, Domain, HostPort};
use serde::{Deserialize, Serialize};

use crate::control_api::Deployment;

#[derive(Debug, Serialize)]
struct Desired<'a> {
    deployment: &'a str,
    upstreams: &'a [HostPort],
    replicas: u32,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    running: &'a [HostPort],
}

#[derive(Debug, Deserialize)]
struct Routes {
    routes: Vec<Route>,
}

#[derive(Debug, Deserialize)]
struct Route {
    host: Domain,
    upstreams: Vec<HostPort>,
}

/// krane, as a worker sees it.
#[derive(Clone, Debug)]
pub(crate) struct Krane {
    client: Client,
}

impl Krane {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Says what is to run, in place of whatever was to run under the same host.
    pub(crate) async fn desire(&self, deployment: &Deployment) -> Result<(), ClientError> {
        let Deployment { id, host, upstreams, replicas } = deployment;
        let desired = Desired { deployment: id, upstreams, replicas: *replicas };
        self.client.send(&Call::new(Method::PUT, format!("/v1/deployments/{host}")).json(&desired)).await.map(drop)
    }

    /// Says what runs.
    pub(crate) async fn report(&self, host: &Domain, running: &[HostPort]) -> Result<(), ClientError> {
        let call = Call::new(Method::PUT, format!("/v1/reports/{host}")).json(&Report { running });
        self.client.send(&call).await.map(drop)
    }

    /// Where requests for a host go; nowhere when it has no route.
    pub(crate) async fn route(&self, host: &Domain) -> Result<Vec<HostPort>, ClientError> {
        let Routes { routes } = self.client.send(&Call::new(Method::GET, "/v1/routes")).await?.json()?;
        let route = routes.into_iter().find(|route| route.host == *host);
        Ok(route.map_or_else(Vec::new, |route| route.upstreams))
    }
}
