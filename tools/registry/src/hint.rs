//! What to do about an error of a registry.

use reqwest::{StatusCode, Url};

use crate::auth::is_bearer;
use crate::error::{Identity, PROXY_ASKS, RegistryError, causes, is_told_by_proxy, is_untrusted};
use crate::transport::answer;
use crate::transport::connection::Responder;
use http_client::environment;

impl RegistryError {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::TagTaken { .. } => "published tags never move; publish this image under the next version".to_owned(),
            Self::Transport { server, source, .. } => transport(server, source),
            Self::Status { server, status, detail, .. } => answered(server, *status, detail),
            Self::Stalled { .. } => "run the same command again, or wait longer with `--timeout SECONDS`".to_owned(),
            Self::Denied { identity: Identity::Unspoken(asked), .. } if is_bearer(asked) => {
                "it asks for a token and names no `realm`, where tokens are to be had: only a `registrytoken` in docker's configuration answers that"
                    .to_owned()
            }
            Self::Denied { identity: Identity::Unspoken(_), .. } => {
                "only Basic and Bearer are spoken here: something in front of the registry asks for what no push can give"
                    .to_owned()
            }
            Self::NoToken { .. } => {
                "is that the registry's token server? a page of a proxy or a login in between is no answer".to_owned()
            }
            Self::Denied { registry, .. } => format!(
                "log in with `docker login {registry}`, with an account that may write there; a GitHub workflow needs `packages: write`, and access in the package's settings"
            ),
            Self::NotARegistry { .. } => {
                "check host and port of `--registry` or `--repository`; `<host>/v2/` must answer 200 or 401".to_owned()
            }
            Self::Credentials { source, .. } => return source.hint(),
            Self::Stranger { .. } => "check host and port of `--registry` or `--repository`".to_owned(),
            Self::Setup(error) => error.hint(),
            Self::NotYetThere { .. } => AGAIN.to_owned(),
            Self::Layout(_) => "build the image again".to_owned(),
            Self::Digest { .. } => {
                "another push set it at the same time, or something in between changes what is sent".to_owned()
            }
            Self::Insecure { .. } | Self::Client { .. } | Self::MountElsewhere { .. } => return None,
        };
        Some(text)
    }
}

fn transport(server: &Responder, source: &reqwest::Error) -> String {
    let host = server.host();
    let proxy = || Url::parse(&format!("https://{host}")).ok().and_then(|url| http_client::proxy_variable(&url));
    if is_untrusted(source) {
        return format!(
            "if its authority is your own, name the authority's PEM file in `{}`; the system's stay trusted",
            environment::SSL_CERT_FILE
        );
    }
    if let Some(hint) = causes(source).find_map(|cause| cause.downcast_ref()).and_then(|error| of_tls(host, error)) {
        return hint;
    }
    match proxy().filter(|_| source.is_connect()) {
        Some(variable) if is_told_by_proxy(source, PROXY_ASKS) => format!(
            "`{host}` is reached by the proxy of `{variable}`, which wants to know who asks: put `USER:PASSWORD@` in front of its host"
        ),
        Some(variable) => format!(
            "`{host}` is reached by the proxy of `{variable}`: is that right, and does it let this through? `{}` names hosts that are reached without it",
            environment::NO_PROXY
        ),
        None if source.is_connect() => {
            format!("is `{host}` running and reachable from here? plain http is spoken with loopback addresses only")
        }
        None => AGAIN.to_owned(),
    }
}

/// What fits what TLS says, where the server has answered and is to be asked in another way.
fn of_tls(host: &str, error: &rustls::Error) -> Option<String> {
    use rustls::CertificateError as Bad;
    let text = match error {
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            format!(
                "the certificate is another server's: name the registry as its certificate does, or is `{host}` the wrong one?"
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

const AGAIN: &str = "run the same command again: what has arrived is not sent twice";

/// What fits an answer by its status (RFC 9110, section 15, and what registries and proxies mean by them).
fn answered(server: &Responder, status: StatusCode, detail: &str) -> String {
    if server.is_elsewhere() && !status.is_server_error() {
        return format!(
            "`{}` leads there for its content, so its operators can tell why that is refused; a clock that is wrong here, or a proxy in between, spoils signed addresses too",
            server.registry_host()
        );
    }
    let text = match status.as_u16() {
        300..=399 => {
            "check that the address is the registry's own: this one leads elsewhere, where nothing can be written"
        }
        400 if server.is_plain() && !answer::is_coded(detail) => {
            "a server that wants TLS answers so to plain http: put `https://` in front of the registry; else its log says what it dislikes"
        }
        402 | 507 => "there is no room left: delete old images there, or ask its operators for a larger quota",
        404 => {
            "is the repository spelled as the registry knows it? many want it, or its project, to be made before the first push"
        }
        405 | 501 => {
            "something takes no writes there: a mirror, a pull-through cache, or a proxy that lets only some methods through"
        }
        407 => "the proxy wants to know who asks: put `USER:PASSWORD@` in front of its host",
        408 | 429 => {
            "wait a while and run the same command again: what has arrived is not sent twice; limits are often higher for those who are logged in"
        }
        409 | 412 | 423 => {
            "somebody else writes there, or the registry keeps this from being changed: see what the tag is there, then run the same command again"
        }
        411 | 417 => "a proxy in between changes requests: it has to pass them on as they are",
        413 => {
            "something in front of the registry limits how large a request is: raise that there (nginx: `client_max_body_size`), or go around it"
        }
        414 | 431 => "something in front of the registry limits how long addresses and headers are: raise that there",
        415 | 406 | 422 => "the registry does not take this kind of content: it has to know OCI's images and indexes",
        416 => "the registry has lost its place in the upload: run the same command again, which begins a new one",
        426 => "the server wants another protocol, TLS above all: put `https://` in front of the registry",
        451 => "the registry keeps this back by law, here or for where you are: ask its operators",
        500..=599 => AGAIN,
        _ => "the log of the registry, or of what stands in front of it, says more",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(server: Responder, status: u16) -> String {
        hint_on(server, status, "")
    }

    fn hint_on(server: Responder, status: u16, detail: &str) -> String {
        let error = RegistryError::Status {
            server,
            operation: "send blob".to_owned(),
            status: StatusCode::from_u16(status).unwrap(),
            detail: detail.to_owned(),
            retry_after: None,
        };
        error.hint().unwrap()
    }

    #[test]
    fn each_status_has_the_hint_that_fits() {
        for (status, part) in [
            (307, "leads elsewhere"),
            (400, "the log of the registry"),
            (404, "is the repository spelled"),
            (405, "takes no writes"),
            (407, "USER:PASSWORD@"),
            (409, "somebody else writes"),
            (412, "keeps this from being changed"),
            (413, "client_max_body_size"),
            (415, "OCI's images and indexes"),
            (416, "begins a new one"),
            (418, "the log of the registry"),
            (426, "TLS above all"),
            (429, "wait a while"),
            (451, "by law"),
            (503, "run the same command again"),
            (507, "no room left"),
        ] {
            let hint = hint(Responder::registry("ghcr.io"), status);
            assert!(hint.contains(part), "{status}: {hint}");
        }
    }

    #[test]
    fn only_plain_http_that_no_registry_answers_is_led_to_tls() {
        let address = |url: &str| Responder::registry("127.0.0.1:5000").spoken_to_at(&url.parse().unwrap());
        let [plain, tls] = ["http://127.0.0.1:5000", "https://127.0.0.1:5000"].map(address);
        for (server, detail, expected) in [
            (&plain, "", true),
            (&plain, ": Client sent an HTTP request to an HTTPS server.", true),
            (&plain, ": 400 The plain HTTP request was sent to HTTPS port", true),
            (&plain, ": TAG_INVALID: the tag is immutable", false),
            (&plain, ": MANIFEST_INVALID", false),
            (&tls, "", false),
        ] {
            let hint = hint_on(server.clone(), 400, detail);
            assert_eq!(hint.contains("put `https://` in front"), expected, "{detail}: {hint}");
        }
    }

    #[test]
    fn only_what_passes_is_to_be_run_again_as_it_is() {
        for status in [400, 403, 404, 405, 413, 415, 451] {
            assert!(!hint(Responder::registry("ghcr.io"), status).contains("run the same command again"), "{status}");
        }
    }
}
