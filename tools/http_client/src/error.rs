//! What the environment says about clients and cannot be used, and what to do about it.

use std::path::PathBuf;

use terminal::Diagnostic;

use crate::environment::{NO_PROXY, SSL_CERT_FILE};

/// Every error of this crate. What comes of a request is `reqwest`'s to say, and `transport`'s to explain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file with additional certificates cannot be used.
    #[error("cannot read the certificates in `{path}`: {reason}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The proxy that the environment names is none.
    #[error("`{variable}` names no proxy that can be used: {reason}")]
    Proxy {
        /// Where it is named.
        variable: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Certificates { .. } => format!("`{SSL_CERT_FILE}` must name a PEM file"),
            Self::Proxy { variable, .. } => format!(
                "set `{variable}` to `http://HOST:PORT` or `https://HOST:PORT`; `{NO_PROXY}` names hosts that are reached \
                 without it"
            ),
        })
    }
}
