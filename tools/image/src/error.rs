//! What can go wrong with a daemon, a contract or a base, and what to do about it.

use std::io;
use std::path::PathBuf;

use http_client::environment::{DOCKER_CERT_PATH, DOCKER_HOST, DOCKER_TLS_VERIFY};
use http_client::stranger::Stranger;
use oci::platform::Platform;
use oci::reference::LocalTag;
use oci_spec::image::Digest;
use terminal::Diagnostic;

/// Every error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing answers.
    #[error("cannot reach a Docker daemon at `{address}`")]
    NoDaemon {
        /// Where it was looked for.
        address: String,
        /// Why.
        #[source]
        source: bollard::errors::Error,
    },
    /// Something takes the connection and does not answer.
    #[error("the daemon at `{address}` does not answer within {seconds} s")]
    SilentDaemon {
        /// Where it is.
        address: String,
        /// How long it had.
        seconds: u64,
    },
    /// The address is of a kind that is not spoken.
    #[error("daemon address `{address}` ({origin}) is not supported: {}", kind_of(address))]
    DaemonAddress {
        /// What it is.
        address: String,
        /// Where it is from: the environment or a docker context.
        origin: String,
    },
    /// The daemon is behind TLS and was spoken to in the clear.
    #[error("the daemon at `{address}` speaks TLS, and nothing here says so")]
    DaemonWantsTls {
        /// Where it is.
        address: String,
    },
    /// TLS did not come about.
    #[error("the daemon at `{address}` cannot be spoken to by TLS")]
    DaemonHandshake {
        /// Where it is.
        address: String,
        /// Where the certificates are.
        folder: Option<PathBuf>,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// A file for TLS cannot be used.
    #[error("cannot use `{path}` to speak TLS with the daemon: {reason}")]
    DaemonCertificates {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Something else than a daemon answers.
    #[error("at `{address}` is {stranger}, not a Docker daemon")]
    NotADaemon {
        /// Where it is.
        address: String,
        /// Who it is.
        stranger: Stranger,
    },
    /// The docker context that is in use cannot be used.
    #[error("docker context `{name}` has no usable description in `{path}`: {reason}")]
    DockerContext {
        /// Its name.
        name: String,
        /// Where docker keeps it.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The daemon says no.
    #[error("the daemon failed to {operation}")]
    Daemon {
        /// Such as `load unkey/api:dev`.
        operation: String,
        /// In its own words.
        #[source]
        source: bollard::errors::Error,
    },
    /// The layout has no image for the platform.
    #[error("layout `{path}` has no image for `{wanted}`, only for {available}")]
    NoImage {
        /// The layout.
        path: PathBuf,
        /// The daemon's platform, or the one that was asked for.
        wanted: Platform,
        /// All platforms, with backticks and commas.
        available: String,
    },
    /// The daemon has taken the image, but not its layers.
    #[error("the daemon could not unpack the layers of `{tag}`")]
    NotUnpacked {
        /// What the image is called.
        tag: LocalTag,
    },
    /// The tag does not name the image that was loaded.
    #[error("after loading, `{tag}` is image `{actual}`, it should be `{expected}`")]
    UnexpectedImage {
        /// The tag.
        tag: LocalTag,
        /// The config's digest.
        expected: Digest,
        /// What the daemon says.
        actual: String,
    },
    /// The layout is not what it says.
    #[error(transparent)]
    Layout(#[from] oci::Error),
    /// The layout to check cannot be opened, or its blobs cannot be read.
    #[error("cannot check layout")]
    Check(#[source] oci::Error),
    /// A base to compare with cannot be opened.
    #[error("cannot compare with the base: cannot read base layout `{path}`")]
    Base {
        /// The base's layout.
        path: PathBuf,
        /// Why.
        #[source]
        source: oci::Error,
    },
    /// Something in a base to compare with cannot be read.
    #[error("cannot compare with the base: cannot read `{digest}` in base layout `{path}`: {reason}")]
    BaseContent {
        /// The base's layout.
        path: PathBuf,
        /// The manifest, index or config.
        digest: Digest,
        /// Why.
        reason: String,
    },
    /// A base to compare with has no image.
    #[error("cannot compare with the base: base layout `{path}` has no image")]
    EmptyBase {
        /// The base's layout.
        path: PathBuf,
    },
    /// A contract cannot be read.
    #[error("cannot read contract `{path}`")]
    ReadContract {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is no contract.
    #[error("`{path}` is not a valid contract")]
    Contract {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A field of a contract has a value that no image can fulfil.
    #[error("contract `{path}`: `{field}` is `{value}`, expected {expected}")]
    ContractField {
        /// The file.
        path: PathBuf,
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it can be.
        expected: &'static str,
    },
}

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoDaemon { .. } | Self::SilentDaemon { .. } => {
                Some(format!("start Docker, or set `{DOCKER_HOST}` to the socket of a daemon that runs"))
            }
            Self::DaemonAddress { address, .. } => Some(instead_of(address)),
            Self::DaemonWantsTls { .. } => Some(format!(
                "set `{DOCKER_TLS_VERIFY}=1`, and `{DOCKER_CERT_PATH}` to the folder with `ca.pem`, `cert.pem` and `key.pem`"
            )),
            Self::DaemonHandshake { folder: Some(folder), .. } => Some(format!(
                "in `{}`, `ca.pem` is the authority of the daemon's certificate, which is for the name in the address; `cert.pem` and `key.pem` are what the daemon asks for",
                folder.display()
            )),
            Self::DaemonHandshake { folder: None, .. } => Some(format!(
                "set `{DOCKER_CERT_PATH}` to the folder with `ca.pem`, `cert.pem` and `key.pem`, and `{DOCKER_TLS_VERIFY}=1`"
            )),
            Self::DaemonCertificates { .. } => {
                Some(format!("`{DOCKER_CERT_PATH}` names the folder with `ca.pem`, `cert.pem` and `key.pem` in PEM"))
            }
            Self::NotADaemon { stranger: Stranger::Ssh, .. } => Some(instead_of("ssh://HOST")),
            Self::NotADaemon { .. } => Some(format!("check host and port of `{DOCKER_HOST}`")),
            Self::DockerContext { .. } => {
                Some(format!("choose another with `docker context use`, or set `{DOCKER_HOST}`"))
            }
            Self::Daemon { .. } | Self::NotUnpacked { .. } => {
                Some("see the daemon's own log, and whether its disk is full".to_owned())
            }
            Self::NoImage { .. } => Some("choose one with `--platform`".to_owned()),
            Self::Layout(_) => Some("build the image again".to_owned()),
            Self::Check(source) | Self::Base { source, .. } => source.hint(),
            Self::UnexpectedImage { .. }
            | Self::BaseContent { .. }
            | Self::EmptyBase { .. }
            | Self::ReadContract { .. }
            | Self::Contract { .. }
            | Self::ContractField { .. } => None,
        }
    }
}

/// What an address is that is not supported.
fn kind_of(address: &str) -> &'static str {
    match address.split_once("://").map(|(scheme, _)| scheme) {
        Some("ssh") => "it is reached by SSH",
        Some("npipe") => "it is a named pipe of Windows",
        Some("fd") => "it is a socket that systemd hands to a daemon, where nobody else connects",
        _ => "it is neither `unix://`, `tcp://`, `http://` nor `https://`",
    }
}

/// What to use in the place of an address that is not supported.
fn instead_of(address: &str) -> String {
    match address.split_once("://") {
        Some(("ssh", host)) => {
            // A port stands behind the host, and a path behind both.
            let host = host.split('/').next().unwrap_or(host);
            let (host, port) = host.rsplit_once(':').unwrap_or((host, ""));
            let port = if port.is_empty() { String::new() } else { format!("-p {port} ") };
            format!(
                "forward its socket, `ssh -nNT {port}-L /tmp/docker.sock:/var/run/docker.sock {host}`, and set `{DOCKER_HOST}=unix:///tmp/docker.sock`"
            )
        }
        Some(("npipe", _)) => {
            "run this in WSL, where Docker Desktop listens at `unix:///var/run/docker.sock`".to_owned()
        }
        _ if address.starts_with('/') => format!("write `unix://{address}`"),
        _ => format!("set `{DOCKER_HOST}` to `unix://PATH` or `tcp://HOST:PORT`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_supported_is_told_with_what_is() {
        for (address, what, hint) in [
            (
                "ssh://me@host:2222/run/x.sock",
                "it is reached by SSH",
                "forward its socket, `ssh -nNT -p 2222 -L /tmp/docker.sock:/var/run/docker.sock me@host`",
            ),
            ("ssh://host", "it is reached by SSH", "`ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock host`"),
            ("npipe:////./pipe/docker_engine", "it is a named pipe of Windows", "run this in WSL"),
            ("fd://", "it is a socket that systemd hands to a daemon", "to `unix://PATH` or `tcp://HOST:PORT`"),
            ("/run/docker.sock", "it is neither `unix://`", "write `unix:///run/docker.sock`"),
            ("", "it is neither `unix://`", "to `unix://PATH` or `tcp://HOST:PORT`"),
            ("tcp://", "it is neither `unix://`", "to `unix://PATH` or `tcp://HOST:PORT`"),
            ("gopher://a", "it is neither `unix://`", "to `unix://PATH` or `tcp://HOST:PORT`"),
        ] {
            let error = Error::DaemonAddress { address: address.to_owned(), origin: "docker context `ci`".to_owned() };
            let start = format!("daemon address `{address}` (docker context `ci`) is not supported: {what}");
            assert!(error.to_string().starts_with(&start), "{error}");
            assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
        }
    }
}
