//! Why a request got no answer, and what to do about it: certificates, proxies, and servers that speak something else.

use std::error::Error;
use std::{io, iter};

use reqwest::Url;

use crate::environment::{NO_PROXY, SSL_CERT_FILE};
use crate::proxy_variable;

/// What hyper says where a proxy answers 407 to `CONNECT`, and where it answers anything else that is no success.
const PROXY_ASKS: &str = "tunnel error: proxy authorization required";
const PROXY_REFUSES: &str = "tunnel error: unsuccessful";

/// What hyper says where something else than HTTP came back, or came before anything was asked.
const NO_HTTP: [&str; 2] = ["invalid HTTP", "received unexpected message"];

/// What to do where a request to `host` got no answer; nothing where the error says nothing about it. `host` may have a
/// port.
#[must_use]
pub fn hint(host: &str, error: &reqwest::Error) -> Option<String> {
    if is_untrusted(error) {
        return Some(format!(
            "if its authority is your own, name the authority's PEM file in `{SSL_CERT_FILE}`; the system's stay trusted"
        ));
    }
    let of_tls = causes(error).find_map(|cause| cause.downcast_ref()).and_then(|error| of_tls(host, error));
    if of_tls.is_some() || !error.is_connect() {
        return of_tls;
    }
    let variable = Url::parse(&format!("https://{host}")).ok().and_then(|url| proxy_variable(&url));
    Some(match variable {
        Some(variable) if is_asked_by_proxy(error) => format!(
            "`{host}` is reached by the proxy of `{variable}`, which wants to know who asks: put `USER:PASSWORD@` in front of its host"
        ),
        Some(variable) => format!(
            "`{host}` is reached by the proxy of `{variable}`: is that right, and does it let this through? `{NO_PROXY}` names hosts that are reached without it"
        ),
        None => {
            format!("is `{host}` running and reachable from here? plain http is spoken with loopback addresses only")
        }
    })
}

/// What fits what TLS says, where the server has answered and is to be asked in another way.
fn of_tls(host: &str, error: &rustls::Error) -> Option<String> {
    use rustls::CertificateError as Bad;
    let text = match error {
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            format!(
                "the certificate is another server's: name the server as its certificate does, or is `{host}` the wrong one?"
            )
        }
        rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
            "is the clock right here? else the server needs a new certificate".to_owned()
        }
        rustls::Error::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "is the clock right here?".to_owned()
        }
        rustls::Error::InvalidMessage(_) => format!(
            "`{host}` does not speak TLS at that port: a server of plain http is used on this machine alone, and without `https://` in front"
        ),
        _ => return None,
    };
    Some(text)
}

/// Whether nobody listens at the address.
#[must_use]
pub fn is_refused(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    })
}

/// Whether a proxy opens no tunnel before it knows who asks.
#[must_use]
pub fn is_asked_by_proxy(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.to_string() == PROXY_ASKS)
}

/// Whether a proxy opens no tunnel for any other reason.
#[must_use]
pub fn is_refused_by_proxy(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.to_string() == PROXY_REFUSES)
}

/// Whether what came back is no HTTP, or no TLS where that was spoken.
#[must_use]
pub fn is_other_protocol(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        let is_no_tls = matches!(cause.downcast_ref::<rustls::Error>(), Some(rustls::Error::InvalidMessage(_)));
        let text = cause.to_string();
        is_no_tls || NO_HTTP.iter().any(|start| text.starts_with(start))
    })
}

/// Whether there is something wrong with the server's certificate, whatever that is.
#[must_use]
pub fn is_bad_certificate(error: &reqwest::Error) -> bool {
    certificate_error(error).is_some()
}

/// Whether the server's certificate is from somebody whom nobody here trusts.
fn is_untrusted(error: &reqwest::Error) -> bool {
    let untrusted = |error: &rustls::CertificateError| {
        matches!(error, rustls::CertificateError::UnknownIssuer | rustls::CertificateError::BadSignature)
    };
    certificate_error(error).is_some_and(untrusted)
}

fn certificate_error(error: &reqwest::Error) -> Option<&rustls::CertificateError> {
    causes(error).find_map(|cause| match cause.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(error)) => Some(error),
        _ => None,
    })
}

/// An error's causes. An `io::Error` hides the one that it was made of: its source is that one's source.
pub fn causes(error: &dyn Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| {
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| cause.source())
    })
}
