//! What can go wrong with a registry. What to do about it is `hint`'s.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use oci_spec::image::Digest;
use reqwest::StatusCode;

use crate::credentials::CredentialsError;
use crate::transport::connection::Responder;
use http_client::SetupError;
use http_client::stranger::Stranger;
use oci::layout::LayoutError;
use oci::reference::{Repository, is_loopback_host};
use release_tag::Version;

/// What can go wrong while publishing to one repository.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The tag exists and means something else.
    #[error("`{repository}:{tag}` already exists with another digest: it is `{existing}`, this image is `{wanted}`")]
    TagTaken {
        /// Where.
        repository: Repository,
        /// Which tag.
        tag: Version,
        /// What the tag points at.
        existing: Box<Digest>,
        /// What was to be published.
        wanted: Box<Digest>,
    },
    /// No answer came.
    #[error("cannot reach {server} to {operation}")]
    Transport {
        /// Who should have given one.
        server: Responder,
        /// Such as `read tag ...`.
        operation: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// Something else answers, which speaks no HTTP.
    #[error("what answers for {server} is {stranger}")]
    Stranger {
        /// Who should have answered.
        server: Responder,
        /// Who does.
        stranger: Stranger,
    },
    /// The connection is there and nothing comes of it.
    #[error("{server} stopped answering: nothing moved for {} s (to {operation})", limit.as_secs())]
    Stalled {
        /// Who was asked.
        server: Responder,
        /// Such as `read tag ...`.
        operation: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The answer is an error.
    #[error("{server} answered `{status}` to: {operation}{detail}")]
    Status {
        /// Who answered.
        server: Responder,
        /// Such as `read tag ...`.
        operation: String,
        /// HTTP's.
        status: StatusCode,
        /// The server's own words, with `: ` in front, or empty.
        detail: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The registry does not let us.
    #[error("registry `{registry}` does not allow to {operation} ({status}{identity}){detail}")]
    Denied {
        /// Its host.
        registry: String,
        /// Such as `read tag ...`.
        operation: String,
        /// HTTP's: 401 or 403.
        status: StatusCode,
        /// Who asked.
        identity: Identity,
        /// The registry's own words, with `: ` in front, or empty.
        detail: String,
    },
    /// The server that a registry sends to for tokens gives none.
    #[error("registry `{registry}` sends to `{realm}` for a token, which answered without one")]
    NoToken {
        /// Its host.
        registry: String,
        /// Without its query.
        realm: String,
    },
    /// Something answers, but not as the distribution-spec says.
    #[error("`{registry}` does not answer like a registry: {reason}")]
    NotARegistry {
        /// Its host.
        registry: String,
        /// What is wrong.
        reason: String,
    },
    /// Credentials are configured but cannot be had.
    #[error("cannot get the credentials of registry `{registry}`")]
    Credentials {
        /// Its host.
        registry: String,
        /// What went wrong, without any secret.
        #[source]
        source: CredentialsError,
    },
    /// The registry leads to a URL that is not to be trusted with credentials or content.
    #[error("registry `{registry}` leads to `{url}`, which is neither https nor on this machine")]
    Insecure {
        /// Its host.
        registry: String,
        /// Without its query.
        url: String,
    },
    /// The HTTP client cannot be set up.
    #[error("cannot set up a client for registry `{registry}`")]
    Client {
        /// Its host.
        registry: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// What the environment says about clients cannot be used.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The registry has something else than was sent.
    #[error("registry `{registry}` says that {what} is `{actual}`, it should be `{expected}`")]
    Digest {
        /// Its host.
        registry: String,
        /// Such as tag `v1.0.0`.
        what: String,
        /// What was sent.
        expected: Box<Digest>,
        /// What the registry answered.
        actual: String,
    },
    /// `--mount-from` is in another registry.
    #[error("blobs of `{repository}` cannot be mounted from `{source_repository}`: they are in different registries")]
    MountElsewhere {
        /// Where to.
        repository: Repository,
        /// Where from.
        source_repository: Repository,
    },
    /// What was written cannot be read yet.
    #[error("registry `{registry}` took tag `{tag}` and answers `404 Not Found` to who reads it")]
    NotYetThere {
        /// Its host.
        registry: String,
        /// Which tag.
        tag: Version,
    },
    /// The layout is not what it says.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

/// Who a registry was told that we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// It was not told: nothing was looked up.
    Untold,
    /// What was looked up, in words.
    Told(&'static str),
    /// It wants to be told in a way that is not spoken here: its own words.
    Unspoken(String),
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untold => Ok(()),
            Self::Told(credentials) => write!(formatter, ", {credentials}"),
            Self::Unspoken(asked) => write!(formatter, ", it asks by `{asked}`"),
        }
    }
}

/// What a failed attempt means for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    After(Option<Duration>),
    Briefly,
}

impl RegistryError {
    /// Whether this is a "no" and not a "don't know".
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::TagTaken { .. })
    }

    /// Whether what came of this question says neither that something is there nor that it is not: another host than the
    /// registry failed at it, or it was asked in a way that the server does not know.
    pub(super) fn is_unclear(&self, question: &str) -> bool {
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
    pub(super) fn is_final_answer(&self, question: &str) -> bool {
        match self {
            Self::Status { operation, .. } => operation == question && self.again() == Again::Never,
            Self::Denied { operation, status, .. } => operation == question && *status == StatusCode::FORBIDDEN,
            _ => false,
        }
    }

    /// Whether the server does not take what was to be written, and would not if it were sent again.
    pub(super) fn is_refused_write(&self) -> bool {
        match self {
            Self::Status { status, .. } => status.is_client_error() && self.again() == Again::Never,
            Self::Denied { .. } => true,
            _ => false,
        }
    }

    /// Whether the registry does not know a blob that what was sent is made of.
    pub(super) fn is_missing_blob(&self) -> bool {
        matches!(self, Self::Status { server, detail, .. } if !server.is_elsewhere() && detail.contains("BLOB_UNKNOWN"))
    }

    pub(super) fn again(&self) -> Again {
        match self {
            // A builder error is one of our own and stays.
            Self::Transport { source, .. } if source.is_builder() => Again::Never,
            Self::Transport { source, .. } if is_bad_certificate(source) => Again::Never,
            // A proxy that wants to know who asks does not get to know by being asked again.
            Self::Transport { source, .. } if is_told_by_proxy(source, PROXY_ASKS) => Again::Never,
            // It may forbid this, or not get there at the moment: that does not come here.
            Self::Transport { source, .. } if is_told_by_proxy(source, PROXY_REFUSES) => Again::Briefly,
            // Nobody listens on this machine: that takes no network to find out and does not mend itself.
            Self::Transport { server, source, .. } if is_refused(source) && is_loopback(server.host()) => {
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

fn is_refused(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    })
}

/// What hyper says where a proxy answers 407 to `CONNECT`, and where it answers anything else that is no success.
pub(super) const PROXY_ASKS: &str = "tunnel error: proxy authorization required";
const PROXY_REFUSES: &str = "tunnel error: unsuccessful";

/// Whether a proxy opens no tunnel, for this reason.
pub(super) fn is_told_by_proxy(error: &reqwest::Error, reason: &str) -> bool {
    causes(error).any(|cause| cause.to_string() == reason)
}

/// What hyper says where something else than HTTP came back, or came before anything was asked.
const NO_HTTP: [&str; 2] = ["invalid HTTP", "received unexpected message"];

/// Whether what came back is no HTTP, or no TLS where that was spoken.
pub(super) fn is_other_protocol(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        let is_no_tls = matches!(cause.downcast_ref::<rustls::Error>(), Some(rustls::Error::InvalidMessage(_)));
        let text = cause.to_string();
        is_no_tls || NO_HTTP.iter().any(|start| text.starts_with(start))
    })
}

/// Whether the server's certificate is from somebody whom nobody here trusts.
pub(super) fn is_untrusted(error: &reqwest::Error) -> bool {
    let untrusted = |error: &rustls::CertificateError| {
        matches!(error, rustls::CertificateError::UnknownIssuer | rustls::CertificateError::BadSignature)
    };
    certificate_error(error).is_some_and(untrusted)
}

/// Whether there is something wrong with the server's certificate, whatever that is.
fn is_bad_certificate(error: &reqwest::Error) -> bool {
    certificate_error(error).is_some()
}

fn certificate_error(error: &reqwest::Error) -> Option<&rustls::CertificateError> {
    causes(error).find_map(|cause| match cause.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(error)) => Some(error),
        _ => None,
    })
}

/// An error's causes. An `io::Error` hides the one that it was made of: its source is that one's source.
pub(super) fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| {
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| cause.source())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, detail: &str) -> RegistryError {
        RegistryError::Status {
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
        let error = RegistryError::Stalled { server, operation, limit: Duration::from_mins(1) };
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
        let taken = RegistryError::TagTaken {
            repository: "ghcr.io/unkeyed/api".parse().unwrap(),
            tag: "v1.0.0".parse().unwrap(),
            existing: Box::new(digest.clone()),
            wanted: Box::new(digest),
        };
        assert!(taken.is_refusal());
        assert!(!status(500, "").is_refusal());
    }
}
