//! What a failed request means for the next one, and what a server's answer says.

use std::time::Duration;

use http_client::transport;
use oci::reference::is_loopback_host;
use reqwest::StatusCode;

use crate::Error;

/// What a failed attempt means for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Never,
    After(Option<Duration>),
    Briefly,
}

impl Error {
    /// Whether what came of this question says neither that something is there nor that it is not: another host than the
    /// registry failed at it, or it was asked in a way that the server does not know.
    pub(crate) fn is_unclear(&self, question: &str) -> bool {
        match self {
            Self::Transport { server, operation, .. } | Self::Stalled { server, operation, .. } => {
                operation == question && server.is_elsewhere()
            }
            Self::Status { server, status, operation, .. } => {
                let is_unknown = matches!(*status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED);
                operation == question && (server.is_elsewhere() || status.is_redirection() || is_unknown)
            }
            Self::Insecure { .. } => true,
            _ => false,
        }
    }

    /// Whether it is the registry's final answer to this question, apart from a password that is wrong: asking once more
    /// does not make that right, and some count how often it was wrong.
    pub(crate) fn is_final_answer(&self, question: &str) -> bool {
        match self {
            Self::Status { operation, .. } => operation == question && self.again() == Again::Never,
            Self::Denied { operation, status, .. } => operation == question && *status == StatusCode::FORBIDDEN,
            _ => false,
        }
    }

    /// Whether the server does not take what was to be written, and would not if it were sent again.
    pub(crate) fn is_refused_write(&self) -> bool {
        match self {
            Self::Status { status, .. } => status.is_client_error() && self.again() == Again::Never,
            Self::Denied { .. } => true,
            _ => false,
        }
    }

    /// Whether the registry does not know a blob that what was sent is made of.
    pub(crate) fn is_missing_blob(&self) -> bool {
        matches!(self, Self::Status { server, detail, .. } if !server.is_elsewhere() && detail.contains("BLOB_UNKNOWN"))
    }

    pub(crate) fn again(&self) -> Again {
        match self {
            // A builder error is one of our own and stays.
            Self::Transport { source, .. } if source.is_builder() => Again::Never,
            Self::Transport { source, .. } if transport::is_bad_certificate(source) => Again::Never,
            // A proxy that wants to know who asks does not get to know by being asked again.
            Self::Transport { source, .. } if transport::is_asked_by_proxy(source) => Again::Never,
            // It may forbid this, or not get there at the moment: that does not come here.
            Self::Transport { source, .. } if transport::is_refused_by_proxy(source) => Again::Briefly,
            // Nobody listens on this machine: that takes no network to find out and does not mend itself.
            Self::Transport { server, source, .. } if transport::is_refused(source) && is_loopback(server.host()) => {
                Again::Briefly
            }
            Self::Transport { .. } | Self::Stalled { .. } | Self::NotYetThere { .. } => Again::After(None),
            Self::Status { server, status, detail, retry_after, .. }
                if http_client::is_temporary(*status) || is_out_of_step(*status, detail) && !server.is_elsewhere() =>
            {
                Again::After(*retry_after)
            }
            _ => Again::Never,
        }
    }
}

/// Registries that store in several places sometimes do not know yet, when a manifest arrives, the blob or the manifest that
/// they just took, or what has arrived of an upload. An upload that is tried again starts over.
fn is_out_of_step(status: StatusCode, detail: &str) -> bool {
    let codes = ["BLOB_UNKNOWN", "BLOB_UPLOAD_UNKNOWN", "MANIFEST_UNKNOWN"];
    let is_told = status.is_client_error() && codes.iter().any(|code| detail.contains(code));
    is_told || status == StatusCode::RANGE_NOT_SATISFIABLE
}

fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    is_loopback_host(name) || is_loopback_host(host)
}

#[cfg(test)]
mod tests {
    use oci_spec::image::Digest;
    use terminal::Diagnostic as _;

    use super::*;
    use crate::transport::connection::Responder;

    fn status(status: u16, detail: &str) -> Error {
        Error::Status {
            server: Responder::registry("ghcr.io"),
            operation: "send".to_owned(),
            status: StatusCode::from_u16(status).unwrap(),
            detail: detail.to_owned(),
            retry_after: Some(Duration::from_secs(3)),
        }
    }

    #[test]
    fn what_is_tried_again() {
        let soon = Again::After(Some(Duration::from_secs(3)));
        assert_eq!(status(429, "").again(), soon);
        assert_eq!(status(404, ": MANIFEST_BLOB_UNKNOWN").again(), soon);
        assert_eq!(status(400, ": BLOB_UNKNOWN: x").again(), soon);
        assert_eq!(status(404, ": BLOB_UPLOAD_UNKNOWN").again(), soon);
        assert_eq!(status(404, ": MANIFEST_UNKNOWN: manifest unknown").again(), soon);
        assert_eq!(status(416, "").again(), soon);
        assert_eq!(status(400, ": MANIFEST_INVALID").again(), Again::Never);
        assert_eq!(status(404, "").again(), Again::Never);
    }

    #[test]
    fn a_stalled_connection_is_tried_again() {
        let (server, operation) = (Responder::registry("ghcr.io"), "send".to_owned());
        let error = Error::Stalled { server, operation, limit: Duration::from_mins(1) };
        assert_eq!(error.again(), Again::After(None));
        assert_eq!(error.to_string(), "registry `ghcr.io` stopped answering: nothing moved for 60 s (to send)");
    }

    #[test]
    fn hosts_of_this_machine() {
        for (host, expected) in
            [("localhost", true), ("127.0.0.1:5000", true), ("[::1]:5000", true), ("[::1]", true), ("ghcr.io", false)]
        {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }

    #[test]
    fn only_a_taken_tag_is_a_refusal() {
        let digest: Digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
        let taken = Error::TagTaken {
            repository: "ghcr.io/unkeyed/api".parse().unwrap(),
            tag: "v1.0.0".parse().unwrap(),
            existing: Box::new(digest.clone()),
            wanted: Box::new(digest),
        };
        assert!(taken.is_refusal());
        assert!(!status(500, "").is_refusal());
    }
}
