//! What can go wrong, and what to do about it. No text here has a key in it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use terminal::{Diagnostic, Verdict};

use crate::address::Role;
use crate::configuration;
use crate::environment::{HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, UNKEY_CONTROL_URL, UNKEY_ROOT_KEY};
use crate::id::Id;
use crate::secret::SecretError;

/// Every error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address is none.
    #[error("`{text}` ({origin}) is no address of a server: {reason}")]
    Address {
        /// What it is.
        text: String,
        /// The flag, variable or file that has it.
        origin: String,
        /// What is wrong.
        reason: String,
    },
    /// A key would travel in the clear.
    #[error("`{url}` is not spoken to: plain http is for this machine alone, and a key goes along")]
    PlainHttp {
        /// The address.
        url: String,
    },
    /// Nobody has said where deployments go.
    #[error("nothing says where the control API is, which takes deployments")]
    NoControlUrl,
    /// There is no key.
    #[error("not logged in: there is no key for `{url}`")]
    NotLoggedIn {
        /// Who would be asked.
        url: String,
    },
    /// The stored key is for another server.
    #[error("the stored key is for `{stored}`, and is not sent to `{url}`")]
    OtherServer {
        /// Who would be asked.
        url: String,
        /// Whose key it is; `no control API` where there is none.
        stored: String,
        /// Which of the servers.
        role: Role,
    },
    /// What was given as a key is none.
    #[error("the key of {origin} cannot be one")]
    Key {
        /// Where it is from.
        origin: String,
        /// What is wrong.
        #[source]
        source: SecretError,
    },
    /// The operating system does not say where configurations are.
    #[error("there is no folder for the key: `{}` is not set", configuration::variable())]
    NoFolder,
    /// The file with the key cannot be read or written.
    #[error("cannot use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What is in the file is not what the client has put there.
    #[error("`{path}` holds no login: {reason}")]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong. It says no value.
        reason: String,
    },
    /// Something else has the file's name.
    #[error("`{path}` is no file, and cannot hold a login")]
    NoFile {
        /// What has the name.
        path: PathBuf,
    },
    /// Others can read the key.
    #[error("`{path}` has the mode {mode:04o}: others can read the key that it holds")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// TLS cannot be spoken on this processor.
    #[error("this processor is too old for https: the client needs {needed}")]
    OldProcessor {
        /// What it lacks.
        needed: &'static str,
    },
    /// The file with additional authorities cannot be used.
    #[error("cannot read the certificates in `{path}`: {reason}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The environment names a proxy that is none.
    #[error("`{variable}` names no proxy that can be used: {reason}")]
    Proxy {
        /// The variable.
        variable: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Nobody answers.
    #[error("cannot reach `{url}`{}", by(*proxy))]
    Unreachable {
        /// Who was asked.
        url: String,
        /// The variable that names the proxy between, if there is one.
        proxy: Option<&'static str>,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// Somebody is there and does not answer in time.
    #[error("`{url}` did not answer within {} s{}", after.as_secs(), by(*proxy))]
    Timeout {
        /// Who was asked.
        url: String,
        /// How long it had.
        after: Duration,
        /// The variable that names the proxy between, if there is one.
        proxy: Option<&'static str>,
    },
    /// TLS did not come about.
    #[error("`{url}` cannot be spoken to by TLS: {reason}")]
    Tls {
        /// Who was asked.
        url: String,
        /// Why.
        reason: String,
        /// Whether the certificate is what is wrong.
        is_certificate: bool,
    },
    /// Somebody else answers.
    #[error("`{url}` does not answer as an {} does: {answer}{}", role.name(), by(*proxy))]
    NotUnkey {
        /// Who was asked.
        url: String,
        /// Who was expected.
        role: Role,
        /// What it answers.
        answer: String,
        /// The status of the answer.
        status: u16,
        /// The variable that names the proxy between, if there is one.
        proxy: Option<&'static str>,
    },
    /// The server sends to another address. The key stays here.
    #[error("`{url}` answers that it is at `{to}` now; the key was not sent there")]
    Redirected {
        /// Who was asked.
        url: String,
        /// Who it names.
        to: String,
        /// Which of the servers.
        role: Role,
    },
    /// The server says no.
    #[error("{detail} ({status} from `{url}`, request {request_id})")]
    Refused {
        /// Who was asked.
        url: String,
        /// The status.
        status: u16,
        /// What the server says about it.
        detail: String,
        /// What the server's log has the request under.
        request_id: String,
    },
    /// A deployment is still under way.
    #[error("deployment `{id}` is still {state} after {} s, and goes on", after.as_secs())]
    NotFinished {
        /// Its id.
        id: Id,
        /// How far it has come.
        state: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// The system has no random numbers for the name of a request.
    #[error("the system has no random numbers")]
    Random(#[source] getrandom::Error),
}

impl Error {
    /// Whether the same request may well succeed in a moment.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } => true,
            Self::Refused { status, .. } | Self::NotUnkey { status, .. } => matches!(status, 429 | 502..=504),
            _ => false,
        }
    }

    /// Whether the server may have done what was asked, although no answer says so.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        match self {
            Self::Timeout { .. } => true,
            Self::Unreachable { source, .. } => match &**source {
                ureq::Error::Io(error) => error.kind() != io::ErrorKind::ConnectionRefused,
                _ => false,
            },
            Self::Refused { status, .. } | Self::NotUnkey { status, .. } => !(300..500).contains(status),
            _ => false,
        }
    }

    /// Whether the server does not know the key.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { status: 401 | 403, .. })
    }
}

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Address { .. } => {
                "such as `https://api.unkey.com`, or `http://127.0.0.1:7070` on this machine".to_owned()
            }
            Self::PlainHttp { .. } => "use `https://`".to_owned(),
            Self::NoControlUrl => format!(
                "type `--control-url URL`, set `{UNKEY_CONTROL_URL}`, or keep it with the key: `unkey auth login --control-url URL`"
            ),
            Self::NotLoggedIn { .. } => format!("type `unkey auth login`, or set `{UNKEY_ROOT_KEY}`"),
            Self::OtherServer { url, role, .. } => {
                format!("log in there: `unkey auth login {} {url}`; or set `{UNKEY_ROOT_KEY}`", role.flag())
            }
            Self::Key { .. } => "give the key alone, as it was issued".to_owned(),
            Self::NoFile { .. } => "move it away, and type `unkey auth login`".to_owned(),
            Self::Text { .. } => "write it anew: `unkey auth login`".to_owned(),
            Self::Exposed { path, .. } => {
                format!("chmod 600 '{}', and issue another key if somebody may have read it", path.display())
            }
            Self::OldProcessor { .. } => "run it on a newer machine".to_owned(),
            Self::Certificates { .. } => format!("`{SSL_CERT_FILE}` must name a PEM file"),
            Self::Proxy { variable, .. } => format!(
                "set `{variable}` to `http://HOST:PORT` or `https://HOST:PORT`; `{NO_PROXY}` names hosts that are reached without it"
            ),
            Self::Unreachable { proxy, .. } | Self::Timeout { proxy, .. } => reach_hint(*proxy),
            Self::Tls { is_certificate: false, .. } => "does that port speak https?".to_owned(),
            Self::Tls { .. } => {
                format!(
                    "where a company's own authority vouches for the server, `{SSL_CERT_FILE}` names its certificate"
                )
            }
            Self::NotUnkey { role, .. } => not_unkey_hint(*role),
            // Nothing to copy: what it names is the server's own word.
            Self::Redirected { role, .. } => {
                format!("if you trust that one, log in there: `unkey auth login {} URL`", role.flag())
            }
            Self::NotFinished { id, .. } => format!("wait for it again: `unkey deploy --follow {id}`"),
            Self::Refused { status: 401 | 403, .. } => {
                format!(
                    "the key is wrong, has expired or was revoked: `unkey auth login` with another, or set `{UNKEY_ROOT_KEY}`"
                )
            }
            Self::Refused { status: 429 | 500.., .. } => {
                "try again in a moment; name the request to who runs it".to_owned()
            }
            Self::Refused { .. } | Self::NoFolder | Self::File { .. } | Self::Random(_) => return None,
        })
    }

    fn verdict(&self) -> Verdict {
        let is_no = match self {
            Self::PlainHttp { .. } | Self::NotLoggedIn { .. } | Self::OtherServer { .. } | Self::Exposed { .. } => true,
            Self::Refused { status, .. } => (400..500).contains(status) && !self.is_transient(),
            _ => false,
        };
        if is_no { Verdict::Refused } else { Verdict::Unknown }
    }
}

fn reach_hint(proxy: Option<&str>) -> String {
    match proxy {
        Some(variable) => format!("`{variable}` names the proxy, `{NO_PROXY}` whom to reach without it"),
        None => {
            format!("is the address right, and this machine online? `{HTTPS_PROXY}` names a proxy where one is needed")
        }
    }
}

fn not_unkey_hint(role: Role) -> String {
    format!(
        "is the address right? `{}`, `{}` or the login say it; `unkey auth status` shows it",
        role.flag(),
        role.variable()
    )
}

fn by(proxy: Option<&str>) -> String {
    proxy.map(|variable| format!(" by the proxy of `{variable}`")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> Error {
        let (url, detail) = ("https://a/v1/keys".to_owned(), "no".to_owned());
        Error::Refused { url, status, detail, request_id: "r-1".to_owned() }
    }

    #[test]
    fn a_no_is_told_from_a_don_t_know() {
        for (status, is_no, is_transient) in [
            (400, true, false),
            (401, true, false),
            (404, true, false),
            (429, false, true),
            (500, false, false),
            (503, false, true),
        ] {
            let error = refused(status);
            assert_eq!((error.is_refusal(), error.is_transient()), (is_no, is_transient), "{status}");
            assert_eq!(error.to_string(), format!("no ({status} from `https://a/v1/keys`, request r-1)"));
        }
    }

    #[test]
    fn a_wrong_key_says_how_to_log_in() {
        assert!(refused(401).hint().unwrap().contains("unkey auth login"));
        assert_eq!(refused(404).hint(), None);
    }
}
