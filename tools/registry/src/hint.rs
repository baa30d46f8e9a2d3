//! What to do about an error of a registry.

use std::io;

use http_client::environment::DOCKER_CONFIG;
use http_client::transport;
use reqwest::StatusCode;
use terminal::{Diagnostic, Verdict};

use crate::auth::is_bearer;
use crate::credentials::Place;
use crate::error::{Error, Identity};
use crate::transport::answer;
use crate::transport::connection::Responder;

impl Diagnostic for Error {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::TagTaken { .. } => "published tags never move; publish this image under the next version".to_owned(),
            Self::Transport { server, source, .. } => transport::hint(server.host(), source).unwrap_or_else(|| AGAIN.to_owned()),
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
            Self::Setup(error) => return error.hint(),
            Self::NotYetThere { .. } => AGAIN.to_owned(),
            Self::Layout(_) => "build the image again".to_owned(),
            Self::Digest { .. } => {
                "another push set it at the same time, or something in between changes what is sent".to_owned()
            }
            Self::UnknownService { nearest: Some(nearest), .. } => format!("did you mean `--service {nearest}`?"),
            other => return other.login_hint(),
        };
        Some(text)
    }

    fn verdict(&self) -> Verdict {
        if matches!(self, Self::TagTaken { .. }) { Verdict::Refused } else { Verdict::Unknown }
    }
}

impl Error {
    /// What to do where credentials cannot be found or stored.
    fn login_hint(&self) -> Option<String> {
        let text = match self {
            Self::ReadConfig { place, .. } => format!(
                "who may read {place}? `{DOCKER_CONFIG}` names another folder, with a `config.json` of one's own"
            ),
            Self::ConfigFolder { path } if path.ends_with("config.json") => {
                format!("`{DOCKER_CONFIG}` names the folder that `config.json` is in, not the file")
            }
            Self::ConfigSyntax { place, .. } | Self::Config { place, .. } => match place {
                Place::File(_) => format!("mend it or move it away, or name another folder with `{DOCKER_CONFIG}`"),
                Place::Variable(name) => format!("mend `{name}`, or unset it"),
            },
            Self::ConfigEntry { key, place, .. } => {
                format!("take `{key}` out of {place}, and log in again with `image login`")
            }
            Self::Helper { place, source } => match &**source {
                Self::HelperName { .. } => {
                    format!("`credsStore` and `credHelpers` in {place} take the `NAME` of `docker-credential-NAME`")
                }
                Self::HelperRun { program, source } if source.kind() == io::ErrorKind::NotFound => {
                    format!("`{program}` is not on the `PATH`: install it, or take it out of {place}")
                }
                Self::HelperRun { program, .. }
                | Self::HelperStatus { program, .. }
                | Self::HelperAnswer { program } => format!(
                    "does `{program} list` work? in CI, `{DOCKER_CONFIG}` names a folder without it, whose file is not encrypted"
                ),
                _ => return None,
            },
            Self::NoRegistry { .. } => "name its host, such as `ghcr.io`".to_owned(),
            Self::EmptyPassword => "is the variable set that it comes from?".to_owned(),
            Self::PasswordWithNul => "pipe in the password alone: printf %s \"$TOKEN\" | image login ...".to_owned(),
            Self::NoConfigFolder => "set `DOCKER_CONFIG` or `HOME`".to_owned(),
            _ => return None,
        };
        Some(text)
    }
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
        let error = Error::Status {
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
