//! Why a question to another service has no answer.

use std::error::Error;
use std::time::Duration;

use hyper::StatusCode;
use hyper::http::uri::InvalidUri;
use hyper_util::client::legacy;

/// A call failed.
#[derive(Debug, thiserror::Error)]
#[error("`{call}` failed")]
pub struct ClientError {
    /// The method and the address.
    pub call: String,
    /// Why.
    #[source]
    pub problem: ClientProblem,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientProblem {
    /// The path is none.
    #[error("its path is not valid")]
    Path(#[source] InvalidUri),
    /// There is no connection, or it broke before there was an answer.
    #[error("no answer")]
    Connection(#[source] legacy::Error),
    /// The answer broke off, or is larger than any that is expected.
    #[error("the answer did not arrive as a whole")]
    Body(#[source] Box<dyn Error + Send + Sync>),
    /// It took too long.
    #[error("no answer within {} s", limit.as_secs())]
    TooSlow {
        /// How long was waited.
        limit: Duration,
    },
    /// The other service says no.
    #[error("{status}: {detail}")]
    Refused {
        /// Its status, 400 and above.
        status: StatusCode,
        /// What it says, empty where it does not speak as our services do.
        detail: String,
    },
    /// The answer is not the document that was expected.
    #[error("the answer is not as expected")]
    Document(#[source] serde_json::Error),
}

impl ClientProblem {
    /// The status of a refusal.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether another try may help.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Body(_) | Self::TooSlow { .. } => true,
            Self::Refused { status, .. } => matches!(status.as_u16(), 429 | 502 | 503 | 504),
            Self::Path(_) | Self::Document(_) => false,
        }
    }
}
