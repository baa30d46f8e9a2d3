//! One attempt at a deployment, from what is to run to the route that requests take.

use std::time::Duration;

use axum::http::StatusCode;
use futures_util::future::join_all;
use runtime::{ClientError, Domain, HostPort};
use tokio::net::TcpStream;
use tokio::time;

use crate::control_api::{Deployment, Ending, Outcome};
use crate::krane::Krane;

/// How long an upstream may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// The longest detail, in bytes.
const LONGEST_DETAIL: usize = 1000;

/// Why an attempt did not lead to a route.
#[derive(Debug, thiserror::Error)]
enum AttemptError {
    /// krane does not answer, or says no.
    #[error("krane did not do it")]
    Krane(#[from] ClientError),
    /// Nothing can be reached.
    #[error("none of `{count}` upstreams accepts a connection")]
    NothingRuns { count: usize },
    /// Requests for the host go elsewhere, or nowhere.
    #[error("krane has no route from `{host}` to what runs")]
    NoRoute { host: Domain },
}

/// Carries a deployment out, as far as possible.
pub(crate) async fn carry_out(krane: &Krane, deployment: &Deployment) -> Ending {
    match attempt(krane, deployment).await {
        Ok(running) => {
            let detail = format!("`{running}` of `{}` upstreams run", deployment.upstreams.len());
            Ending { outcome: Outcome::Succeeded, detail }
        }
        Err(error) => error.ending(),
    }
}

/// Returns how many upstreams run.
///
/// Nothing here starts them: what accepts a connection runs, and that is what krane is told.
async fn attempt(krane: &Krane, deployment: &Deployment) -> Result<usize, AttemptError> {
    let Deployment { host, upstreams, .. } = deployment;
    krane.desire(deployment).await?;
    let accepted = join_all(upstreams.iter().map(accepts)).await;
    let running: Vec<HostPort> =
        upstreams.iter().zip(accepted).filter(|(_, accepts)| *accepts).map(|(upstream, _)| upstream.clone()).collect();
    // Not reported: that this worker reaches none of them may be its own network's fault.
    if running.is_empty() {
        return Err(AttemptError::NothingRuns { count: upstreams.len() });
    }
    krane.report(host, &running).await?;
    let route = krane.route(host).await?;
    if !running.iter().all(|upstream| route.contains(upstream)) {
        return Err(AttemptError::NoRoute { host: host.clone() });
    }
    Ok(running.len())
}

async fn accepts(upstream: &HostPort) -> bool {
    matches!(time::timeout(CONNECT, TcpStream::connect(upstream.as_str())).await, Ok(Ok(_)))
}

impl AttemptError {
    fn ending(&self) -> Ending {
        let detail = match self {
            Self::Krane(error) => format!("{self}: {error}: {}", error.problem),
            other => other.to_string(),
        };
        let outcome = if self.is_final() { Outcome::Failed } else { Outcome::Retry };
        Ending { outcome, detail: shortened(detail) }
    }

    /// Whether krane would refuse the same deployment again. A wrong token or too many requests are no fault of it.
    fn is_final(&self) -> bool {
        const NOT_ITS_FAULT: [StatusCode; 4] = [
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::TOO_MANY_REQUESTS,
        ];
        let Self::Krane(error) = self else { return false };
        error.problem.status().is_some_and(|status| status.is_client_error() && !NOT_ITS_FAULT.contains(&status))
    }
}

/// As much of a text as a result may hold.
fn shortened(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LONGEST_DETAIL));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_cut_between_characters() {
        assert_eq!(shortened("short".to_owned()), "short");
        let long = format!("{}{}", "a".repeat(LONGEST_DETAIL - 1), "\u{e4}".repeat(10));
        assert_eq!(shortened(long), "a".repeat(LONGEST_DETAIL - 1));
    }
}
