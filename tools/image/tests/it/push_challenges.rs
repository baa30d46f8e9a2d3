//! `image push` to registries that ask who is there, or answer with tokens, in forms of their own.

use std::sync::Mutex;

use assert_cmd::assert::Assert;
use axum::body::Body;
use axum::http::{HeaderValue, Response};

use super::push::stderr;
use super::registry::Registry;
use super::server::{Answer, Ask, Server, reply};
use super::services::{Service, Services};

/// `octocat:hunter2`, as docker stores it.
const STORED: &str = "b2N0b2NhdDpodW50ZXIy";

fn is_octocat(ask: &Ask) -> bool {
    ask.header("authorization").strip_prefix("Basic ") == Some(STORED)
}

/// A 401 with these headers' bytes, `HOST` being the server's address.
#[expect(clippy::unnecessary_wraps, reason = "it is what a handler returns")]
fn refuse(ask: &Ask, challenges: &[&[u8]]) -> Answer {
    let mut response = Response::builder().status(401).body(Body::from("<html>who are you?</html>")).unwrap();
    for challenge in challenges {
        let text = String::from_utf8_lossy(challenge).replace("HOST", ask.header("host"));
        let bytes = if text.contains('\u{fffd}') { challenge.to_vec() } else { text.into_bytes() };
        response.headers_mut().append("www-authenticate", HeaderValue::from_bytes(&bytes).unwrap());
    }
    Some(response)
}

/// Pushes to the server; with what docker has stored for it where somebody is to be known.
fn push(server: &Server, service: &Service, services: &Services, is_known: bool) -> Assert {
    if is_known {
        push_with(server, &[service], services, &format!(r#""auth": "{STORED}""#))
    } else {
        push_configured(server, &[service], services, "{}")
    }
}

/// Pushes to the server with an entry that has these members.
fn push_with(server: &Server, all: &[&Service], services: &Services, members: &str) -> Assert {
    push_configured(server, all, services, &format!(r#"{{"auths": {{"{}": {{{members}}}}}}}"#, server.address()))
}

fn push_configured(server: &Server, all: &[&Service], services: &Services, config: &str) -> Assert {
    let mut command = super::push::command(server.address(), &services.spec(all));
    command.args(["--attempts", "1", "--tag", "v1.0.0"]).env("DOCKER_CONFIG", services.docker_config(config)).assert()
}

fn push_all(server: &Server, all: &[Service], services: &Services) -> Assert {
    push_with(server, &all.iter().collect::<Vec<_>>(), services, &format!(r#""auth": "{STORED}""#))
}

fn push_as_octocat(registry: &Registry, server: &Server) {
    let services = Services::new();
    let service = services.add("api", "one");
    push(server, &service, &services, true).success();
    assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
}

#[test]
fn passwords_are_asked_for_in_many_ways() {
    let ways: [&[&[u8]]; 9] = [
        &[b"Basic realm=/"],
        &[b"Basic realm=\"R\xc3\xa9gistre\""],
        &[b"Basic realm=\"R\xe9gistre\""],
        &[b"Basic realm=My Registry"],
        &[b"basic"],
        &[b"Basic realm=\"a\", charset=UTF-8"],
        &[b"Negotiate", b"NTLM", b"Basic realm=a"],
        &[b"Negotiate TlRMTVNTUAAB==, Digest nonce=\"x, y\", BASIC realm=\"open"],
        // Says nothing at all, and neither does `/v2/`.
        &[],
    ];
    for challenges in ways {
        let registry = Registry::start();
        let server =
            Server::in_front_of(
                registry.address(),
                move |ask| {
                    if is_octocat(ask) { None } else { refuse(ask, challenges) }
                },
            );
        push_as_octocat(&registry, &server);
    }
}

#[test]
fn tokens_are_asked_for_and_given_in_many_ways() {
    const USUAL: &[&[u8]] = &[br#"Bearer realm="http://HOST/token",service="s",scope="repository:unkeyed/api:pull""#];
    let answer = r#"{"token":"abc","expires_in":300}"#;
    let ways: [(&[&[u8]], &str); 9] = [
        (&[b"Bearer realm=\"http://HOST/token\",service=\"s\",scope=repository:unkeyed/api:pull,push"], answer),
        (&[b"bearer service=s, realm=http://HOST/token"], answer),
        (&[b"Basic realm=\"x\", Bearer realm=\"/token\",service=\"s\""], answer),
        (&[b"Basic realm=x", b"Negotiate", b"BEARER realm='http://HOST/token' service=s"], answer),
        (USUAL, r#"{"token":"","access_token":"abc","expires_in":300}"#),
        (USUAL, r#"{"token":null,"access_token":"abc","expires_in":null}"#),
        (USUAL, r#"{"token":"abc","expires_in":"300","issued_at":null}"#),
        (USUAL, r#"{"token":"abc","expires_in":300.0}"#),
        (USUAL, "\u{feff}{\"access_token\":\"abc\",\"expires_in\":-1}"),
    ];
    for (challenges, answer) in ways {
        let registry = Registry::start();
        let server = Server::in_front_of(registry.address(), move |ask| {
            if ask.path.starts_with("/token") {
                let is_asked = ask.path.contains("service=s") && ask.path.contains("unkeyed%2Fapi%3Apull%2Cpush");
                return if is_octocat(ask) && is_asked { reply(200, &[], answer) } else { reply(401, &[], "") };
            }
            if ask.header("authorization") == "Bearer abc" { None } else { refuse(ask, challenges) }
        });
        push_as_octocat(&registry, &server);
    }
}

#[test]
fn a_page_in_the_place_of_a_token_is_told_so() {
    let services = Services::new();
    let service = services.add("api", "one");
    let server = Server::start(|ask| {
        if ask.path.starts_with("/token") {
            return reply(200, &[("content-type", "text/html")], "<html>log in</html>");
        }
        refuse(ask, &[b"Bearer realm=/token,service=s"])
    });
    let text = stderr(&push(&server, &service, &services, true).code(2));
    assert!(
        text.contains(&format!("sends to `http://{}/token` for a token, which answered without", server.address()))
    );
    assert!(text.contains("hint: is that the registry's token server?"), "{text}");
}

#[test]
fn a_scope_that_a_registry_wants_on_top_is_asked_for() {
    let registry = Registry::start();
    let server = Server::in_front_of(registry.address(), |ask| {
        if ask.path.starts_with("/token") {
            let is_asked = ask.path.contains("unkeyed%2Fapi%3Apull%2Cpush") && ask.path.contains("internal%2Fapi");
            return if is_asked { reply(200, &[], r#"{"token":"abc"}"#) } else { reply(401, &[], "") };
        }
        if ask.header("authorization") == "Bearer abc" {
            return None;
        }
        refuse(ask, &[b"Bearer realm=\"http://HOST/token\",scope=\"repository:internal/api:pull,push\""])
    });
    push_as_octocat(&registry, &server);
}

#[test]
fn a_scope_that_one_repository_wants_is_asked_for_no_other() {
    let (registry, services) = (Registry::start(), Services::new());
    let both = ["api", "vault"].map(|name| services.add(name, "one"));
    let server = Server::in_front_of(registry.address(), |ask| {
        let own = ["api", "vault"].into_iter().find(|name| ask.path.contains(&format!("unkeyed%2F{name}%3A")));
        if ask.path.starts_with("/token") {
            let others = ["api", "vault"].map(|name| ask.path.contains(&format!("internal%2F{name}%3A")));
            // An account that may do one of them alone.
            let status = if others == [true, true] || own.is_none() { 403 } else { 200 };
            return reply(status, &[], format!(r#"{{"token":"{}"}}"#, others.contains(&true)));
        }
        if ask.header("authorization") == "Bearer true" || ask.path == "/v2/" {
            return None;
        }
        let name = if ask.path.contains("/api/") { "api" } else { "vault" };
        let challenge = format!(r#"Bearer realm="http://HOST/token",scope="repository:internal/{name}:pull,push""#);
        refuse(ask, &[challenge.as_bytes()])
    });
    push_all(&server, &both, &services).success();
}

#[test]
fn a_wrong_password_is_shown_once_however_many_services_there_are() {
    let services = Services::new();
    let all =
        ["api", "vault", "ctrl", "frontline", "krane", "sentinel", "preflight"].map(|name| services.add(name, "one"));
    let challenges: [&[u8]; 2] = [b"Basic realm=\"x\"", b"Bearer realm=\"http://HOST/token\",service=\"s\""];
    for challenge in challenges {
        let seen: &'static Mutex<usize> = Box::leak(Box::default());
        let server = Server::start(move |ask| {
            *seen.lock().unwrap() += usize::from(is_octocat(ask));
            if ask.path.starts_with("/token") {
                return reply(401, &[], r#"{"details":"incorrect username or password"}"#);
            }
            refuse(ask, &[challenge])
        });
        let text = stderr(&push_all(&server, &all, &services).code(2));
        assert_eq!(text.matches("(401 Unauthorized, with the configured credentials)").count(), all.len(), "{text}");
        assert_eq!(*seen.lock().unwrap(), 1, "{text}");
    }
}

#[test]
fn a_stored_token_answers_a_challenge_that_names_no_realm() {
    let (registry, services) = (Registry::start(), Services::new());
    let service = services.add("api", "one");
    let server = Server::in_front_of(registry.address(), |ask| {
        if ask.header("authorization") == "Bearer hunter2" { None } else { refuse(ask, &[b"Bearer service=\"s\""]) }
    });
    push_with(&server, &[&service], &services, r#""registrytoken": "hunter2""#).success();
}

#[test]
fn a_token_server_that_knows_no_post_is_asked_by_get() {
    for status in [404, 405] {
        let (registry, services) = (Registry::start(), Services::new());
        let service = services.add("api", "one");
        let server = Server::in_front_of(registry.address(), move |ask| {
            if ask.path.starts_with("/token") {
                // `:hunter2`.
                let is_asked = ask.method == "GET" && ask.header("authorization") == "Basic Omh1bnRlcjI=";
                return if is_asked { reply(200, &[], r#"{"token":"abc"}"#) } else { reply(status, &[], "") };
            }
            let is_let_in = ask.header("authorization") == "Bearer abc";
            if is_let_in { None } else { refuse(ask, &[b"Bearer realm=\"http://HOST/token\",service=\"s\""]) }
        });
        push_with(&server, &[&service], &services, r#""auth": "", "identitytoken": "hunter2""#).success();
    }
}

#[test]
fn a_registry_that_only_says_so_at_its_door_is_asked_there() {
    let registry = Registry::start();
    let server = Server::in_front_of(registry.address(), |ask| match (is_octocat(ask), ask.path.as_str()) {
        (true, _) => None,
        (false, "/v2/") => refuse(ask, &[b"Basic realm=\"x\""]),
        (false, _) => reply(401, &[], ""),
    });
    push_as_octocat(&registry, &server);
}

#[test]
fn strangers_who_are_told_that_nothing_is_there_say_who_they_are() {
    for status in [403, 404] {
        let (registry, services) = (Registry::start(), Services::new());
        let [one, other] = ["one", "two"].map(|content| services.add("api", content));
        let server = Server::in_front_of(registry.address(), move |ask| match (is_octocat(ask), ask.path.as_str()) {
            (true, _) => None,
            (false, "/v2/") => refuse(ask, &[b"Basic realm=\"x\""]),
            (false, _) => reply(status, &[], ""),
        });
        push(&server, &one, &services, true).success();
        let text = stderr(&push(&server, &one, &services, true).success());
        assert!(text.contains("unchanged"), "{text}");
        let writes = server.writes().len();
        push(&server, &other, &services, true).code(1);
        assert_eq!(server.writes().len(), writes);
    }
}

#[test]
fn who_was_not_looked_up_is_not_called_nobody() {
    let services = Services::new();
    let service = services.add("api", "one");
    let cases: [(&[&[u8]], bool, &str); 4] = [
        (&[b"Negotiate"], true, "(401 Unauthorized, it asks by `Negotiate`)"),
        (&[b"Bearer service=\"x\""], true, "(401 Unauthorized, it asks by `Bearer service=\"x\"`)"),
        (&[b"Basic"], false, "(401 Unauthorized, without credentials)"),
        (&[b"Basic"], true, "(401 Unauthorized, with the configured credentials)"),
    ];
    for (challenges, is_known, told) in cases {
        let server = Server::start(move |ask| refuse(ask, challenges));
        let text = stderr(&push(&server, &service, &services, is_known).code(2));
        assert!(text.contains(told), "{text}");
        assert_eq!(text.contains("docker login"), !told.contains("it asks by"), "{text}");
        assert_eq!(server.writes(), [""; 0]);
    }
}

#[test]
fn a_password_that_is_wrong_is_tried_once() {
    let services = Services::new();
    let service = services.add("api", "one");
    let server = Server::start(|ask| refuse(ask, &[b"Basic realm=\"x\""]));
    push(&server, &service, &services, true).code(2);
    assert_eq!(server.log(), ["HEAD /v2/unkeyed/api/manifests/v1.0.0"; 2]);
}

#[test]
fn no_secret_follows_a_redirect_to_another_host() {
    let seen: &'static Mutex<Vec<String>> = Box::leak(Box::default());
    let elsewhere = Server::start(|ask| {
        let text = format!("{} {} {}", ask.line(), ask.header("authorization"), String::from_utf8_lossy(&ask.body));
        seen.lock().unwrap().push(text);
        reply(200, &[], r#"{"token":"abc"}"#)
    });
    let token = format!("http://{}/token", elsewhere.address());
    let server = Server::start(move |ask| {
        if ask.path.starts_with("/token") {
            return reply(307, &[("location", &token)], "");
        }
        refuse(ask, &[b"Bearer realm=\"http://HOST/token\",service=\"s\""])
    });
    let services = Services::new();
    let service = services.add("api", "one");
    // A password stays behind, and what is bought without it is a stranger's token.
    push(&server, &service, &services, true).code(2);
    // A form with a token in it stays behind altogether.
    let outcome = push_with(&server, &[&service], &services, r#""auth": "", "identitytoken": "hunter2""#);
    let text = stderr(&outcome.code(2));
    assert!(text.contains("answered `307 Temporary Redirect` to: get a token from"), "{text}");
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|one| one == "GET /token  "), "{seen:?}");
}
