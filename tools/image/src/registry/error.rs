//! What can go wrong with a registry, and what to do about it.

use std::error::Error;
use std::io;
use std::time::Duration;

use oci_spec::image::Digest;
use reqwest::StatusCode;

use super::retry;
use crate::certificates::CertificatesError;
use crate::credentials::CredentialsError;
use crate::layout::LayoutError;
use crate::reference::{Repository, VersionTag, is_loopback_host};

/// What can go wrong while publishing to one repository.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The tag exists and means something else.
    #[error("`{repository}:{tag}` already exists with another digest: it is `{existing}`, this image is `{wanted}`")]
    TagTaken {
        /// Where.
        repository: Repository,
        /// Which tag.
        tag: VersionTag,
        /// What the tag points at.
        existing: Box<Digest>,
        /// What was to be published.
        wanted: Box<Digest>,
    },
    /// No answer came.
    #[error("cannot reach registry `{registry}` to {operation}")]
    Transport {
        /// Its host.
        registry: String,
        /// Such as `read tag ...`.
        operation: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The connection is there and nothing comes of it.
    #[error("registry `{registry}` stopped answering: nothing moved for {} s (to {operation})", limit.as_secs())]
    Stalled {
        /// Its host.
        registry: String,
        /// Such as `read tag ...`.
        operation: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The answer is an error.
    #[error("registry `{registry}` answered `{status}` to: {operation}{detail}")]
    Status {
        /// Its host.
        registry: String,
        /// Such as `read tag ...`.
        operation: String,
        /// HTTP's.
        status: StatusCode,
        /// The registry's own words, with `: ` in front, or empty.
        detail: String,
        /// How long the registry asks to wait.
        retry_after: Option<Duration>,
    },
    /// The registry does not let us.
    #[error("registry `{registry}` does not allow to {operation} ({status}, {credentials}){detail}")]
    Denied {
        /// Its host.
        registry: String,
        /// Such as `read tag ...`.
        operation: String,
        /// HTTP's: 401 or 403.
        status: StatusCode,
        /// Whether credentials were used.
        credentials: &'static str,
        /// The registry's own words, with `: ` in front, or empty.
        detail: String,
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
    /// The file with additional certificates cannot be used.
    #[error(transparent)]
    Certificates(#[from] CertificatesError),
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
    /// The layout is not what it says.
    #[error(transparent)]
    Layout(#[from] LayoutError),
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

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::TagTaken { .. } => {
                Some("published tags never move; publish this image under the next version".to_owned())
            }
            Self::Transport { source, .. } if is_untrusted(source) => Some(format!(
                "if its authority is your own, name the authority's PEM file in `{}`; the system's stay trusted",
                crate::environment::SSL_CERT_FILE
            )),
            Self::Transport { registry, source, .. } if source.is_connect() => Some(format!(
                "is `{registry}` running and reachable from here? plain http is spoken with loopback addresses only"
            )),
            Self::Transport { .. } | Self::Status { .. } => {
                Some("run the same command again: what has arrived is not sent twice".to_owned())
            }
            Self::Stalled { .. } => {
                Some("run the same command again, or wait longer with `--timeout SECONDS`".to_owned())
            }
            Self::Denied { registry, .. } => Some(format!(
                "log in with `docker login {registry}`, with an account that may write there; a GitHub workflow needs `packages: write`, and access in the package's settings"
            )),
            Self::NotARegistry { .. } => Some(
                "check host and port of `--registry` or `--repository`; `<host>/v2/` must answer 200 or 401".to_owned(),
            ),
            Self::Credentials { source, .. } => source.hint(),
            Self::Certificates(error) => Some(error.hint()),
            Self::Layout(_) => Some("build the image again".to_owned()),
            Self::Digest { .. } => {
                Some("another push set it at the same time, or something in between changes what is sent".to_owned())
            }
            Self::Insecure { .. } | Self::Client { .. } | Self::MountElsewhere { .. } => None,
        }
    }

    pub(super) fn again(&self) -> Again {
        match self {
            // A builder error is one of our own and stays.
            Self::Transport { source, .. } if source.is_builder() || source.is_redirect() => Again::Never,
            Self::Transport { source, .. } if is_bad_certificate(source) => Again::Never,
            // Nobody listens on this machine: that takes no network to find out and does not mend itself.
            Self::Transport { registry, source, .. } if is_refused(source) && is_loopback(registry) => Again::Briefly,
            Self::Transport { .. } | Self::Stalled { .. } => Again::After(None),
            Self::Status { status, detail, retry_after, .. }
                if retry::is_temporary(*status) || is_blob_unknown(*status, detail) =>
            {
                Again::After(*retry_after)
            }
            _ => Again::Never,
        }
    }
}

/// Registries that store in several places sometimes do not know yet, when a manifest arrives, the blob that they just
/// took.
fn is_blob_unknown(status: StatusCode, detail: &str) -> bool {
    status.is_client_error() && detail.contains("BLOB_UNKNOWN")
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

/// Whether the server's certificate is from somebody whom nobody here trusts.
fn is_untrusted(error: &reqwest::Error) -> bool {
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
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
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
            registry: "ghcr.io".to_owned(),
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
        assert_eq!(status(400, ": MANIFEST_INVALID").again(), Again::Never);
        assert_eq!(status(404, "").again(), Again::Never);
    }

    #[test]
    fn a_stalled_connection_is_tried_again() {
        let (registry, operation) = ("ghcr.io".to_owned(), "send".to_owned());
        let error = RegistryError::Stalled { registry, operation, limit: Duration::from_mins(1) };
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
