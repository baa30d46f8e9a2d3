//! `image push` to registries that ask who is there, in the ways that registries ask, and to token servers that answer in
//! theirs.

use std::path::Path;
use std::sync::Mutex;

use assert_cmd::assert::Assert;
use axum::body::Body;
use axum::http::{HeaderValue, Response};

use super::stderr;
use crate::support::registry::{Registry, on_each_registry};
use crate::support::server::{Answer, Ask, Server, reply, reply_when};
use crate::support::services::{Service, Services};
use crate::support::wire::{Fault, Wire};

/// `octocat:hunter2`, as docker stores it.
const STORED: &str = "b2N0b2NhdDpodW50ZXIy";
const OCTOCAT: &str = r#""auth": "b2N0b2NhdDpodW50ZXIy""#;
const IDENTITY_TOKEN: &str = r#""auth": "", "identitytoken": "hunter2""#;
const BEARER: &[u8] = b"Bearer realm=\"http://HOST/token\",service=\"s\"";
const SCOPE: &str = "scope=repository%3Aunkeyed%2Fapi%3Apull%2Cpush";

/// How many requests a token is good for.
const TOKEN_USES: usize = 4;

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

/// A token server's handler: gives `abc` to whom it lets in, and the registry takes that alone.
fn by_token(ask: &Ask, challenges: &[&[u8]], is_let_in: impl Fn(&Ask) -> bool) -> Answer {
    if ask.path.starts_with("/token") {
        let wrong = r#"{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}"#;
        return if is_let_in(ask) { reply(200, &[], r#"{"token":"abc"}"#) } else { reply(401, &[], wrong) };
    }
    if ask.header("authorization") == "Bearer abc" { None } else { refuse(ask, challenges) }
}

/// Pushes with this configuration of docker's, `HOST` being the server's address. No secret is printed.
fn push_configured(server: &Server, spec: &Path, config: &str) -> Assert {
    let folder = spec.with_extension("docker");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.json"), config.replace("HOST", server.address())).unwrap();
    let outcome = crate::image()
        .args(["push", "--attempts", "1", "--concurrency", "1", "--tag", "v1.0.0", "--spec"])
        .arg(spec)
        .args(["--registry", &format!("{}/unkeyed", server.address())])
        .env("DOCKER_CONFIG", folder)
        .assert();
    for stream in [&outcome.get_output().stdout, &outcome.get_output().stderr] {
        let text = String::from_utf8_lossy(stream);
        assert!(!text.contains("hunter2") && !text.contains(STORED) && !text.contains("t0ken"), "{text}");
    }
    outcome
}

/// Pushes with an entry for the server that has these members.
fn push_as(server: &Server, spec: &Path, members: &str) -> Assert {
    push_configured(server, spec, &format!(r#"{{"auths": {{"HOST": {{{members}}}}}}}"#))
}

/// Publishes an image through such a server, with an entry that has these members.
fn publishes(members: &str, answer: impl Fn(&Ask) -> Answer + Send + Sync + 'static) -> Server {
    let (registry, services) = (Registry::start(), Services::new());
    let service = services.add("api", "one");
    let server = Server::in_front_of(registry.address(), answer);
    push_as(&server, &services.spec(&[&service]), members).success();
    assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
    server
}

/// The message of a push with these members that such a server keeps from writing anything.
fn refuses(members: &str, answer: impl Fn(&Ask) -> Answer + Send + Sync + 'static) -> (String, Server) {
    let services = Services::new();
    let server = Server::start(answer);
    let text = stderr(&push_as(&server, &services.spec(&[&services.add("api", "one")]), members).code(2));
    assert_eq!(server.writes().iter().filter(|line| !line.ends_with(" /token")).count(), 0, "{:?}", server.writes());
    (text, server)
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
        publishes(OCTOCAT, move |ask| if is_octocat(ask) { None } else { refuse(ask, challenges) });
    }
    // Strangers are refused, or told that nothing is there, and learn at `/v2/` alone how to ask.
    for status in [401, 403, 404] {
        publishes(OCTOCAT, move |ask| match (is_octocat(ask), ask.path.as_str()) {
            (true, _) => None,
            (false, "/v2/") => refuse(ask, &[b"Basic realm=\"x\""]),
            (false, _) => reply(status, &[], ""),
        });
    }
}

#[test]
fn strangers_who_are_told_that_nothing_is_there_do_not_write_over_a_tag() {
    for status in [403, 404] {
        let (registry, services) = (Registry::start(), Services::new());
        let [one, other] = ["one", "two"].map(|content| services.spec(&[&services.add("api", content)]));
        let server = Server::in_front_of(registry.address(), move |ask| match (is_octocat(ask), ask.path.as_str()) {
            (true, _) => None,
            (false, "/v2/") => refuse(ask, &[b"Basic realm=\"x\""]),
            (false, _) => reply(status, &[], ""),
        });
        push_as(&server, &one, OCTOCAT).success();
        let text = stderr(&push_as(&server, &one, OCTOCAT).success());
        assert!(text.contains("unchanged"), "{text}");
        let writes = server.writes().len();
        push_as(&server, &other, OCTOCAT).code(1);
        assert_eq!(server.writes().len(), writes);
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
        publishes(OCTOCAT, move |ask| {
            let is_asked = ask.path.contains("service=s") && ask.path.contains(SCOPE);
            match by_token(ask, challenges, |ask| is_octocat(ask) && is_asked) {
                Some(given) if given.status() == 200 => reply(200, &[], answer),
                other => other,
            }
        });
    }
    // A scope that the registry wants on top, such as its own name of the repository.
    let internal: &[&[u8]] = &[b"Bearer realm=\"http://HOST/token\",scope=\"repository:internal/api:pull,push\""];
    publishes(OCTOCAT, |ask| {
        by_token(ask, internal, |ask| ask.path.contains(SCOPE) && ask.path.contains("internal%2Fapi"))
    });
    // An identity token goes in a form, and as a password to a server that knows no POST.
    publishes(IDENTITY_TOKEN, |ask| {
        by_token(ask, &[BEARER], |ask| {
            let form = String::from_utf8_lossy(&ask.body);
            ask.method == "POST"
                && !ask.path.contains("hunter2")
                && ["grant_type=refresh_token", "refresh_token=hunter2", SCOPE].iter().all(|part| form.contains(part))
        })
    });
    for status in [404, 405] {
        publishes(IDENTITY_TOKEN, move |ask| {
            if ask.path.starts_with("/token") && ask.method != "GET" {
                return reply(status, &[], "");
            }
            // `:hunter2`.
            by_token(ask, &[BEARER], |ask| ask.header("authorization") == "Basic Omh1bnRlcjI=")
        });
    }
    // A stored token needs no realm.
    publishes(r#""registrytoken": "hunter2""#, |ask| {
        if ask.header("authorization") == "Bearer hunter2" { None } else { refuse(ask, &[b"Bearer service=\"s\""]) }
    });
}

#[test]
fn tokens_are_renewed_and_asked_for_again() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let counts: Mutex<(usize, usize)> = Mutex::default();
        let server = Server::in_front_of(registry.address(), move |ask| {
            let (tokens, uses) = &mut *counts.lock().unwrap();
            if ask.path.starts_with("/token") {
                (*tokens, *uses) = (*tokens + 1, 0);
                return reply(200, &[], format!(r#"{{"token": "t0ken-{tokens}", "expires_in": 300}}"#));
            }
            *uses += 1;
            let is_current = ask.header("authorization") == format!("Bearer t0ken-{tokens}");
            if is_current && *uses <= TOKEN_USES { None } else { refuse(ask, &[BEARER]) }
        });
        push_as(&server, &services.spec(&[&service]), OCTOCAT).success();
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
        // More than one, since they wear out; fewer than requests, since they are kept.
        let tokens = server.log().iter().filter(|line| line.ends_with("/token")).count();
        assert!((2..server.log().len() / 3).contains(&tokens), "{:?}", server.log());
    });
    let (registry, services) = (Registry::start(), Services::new());
    let spec = services.spec(&[&services.add("api", "one")]);
    let server = Server::in_front_of(registry.address(), |ask| by_token(ask, &[BEARER], |_| true));
    let is_first = std::sync::atomic::AtomicBool::new(true);
    let wire = Wire::in_front_of(server.address(), move |request, _| {
        let is_unlucky =
            request.starts_with("GET /token") && is_first.swap(false, std::sync::atomic::Ordering::Relaxed);
        if is_unlucky { Fault::Cut { bytes: 3 } } else { Fault::None }
    });
    let text = stderr(&super::push(wire.address(), &spec, &["--tag", "v1.0.0", "--concurrency", "1"]).success());
    assert!(text.contains("to get a token from `http://") && text.contains("attempt 2 of up to 2"), "{text}");
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
    push_as(&server, &services.spec(&both.each_ref()), OCTOCAT).success();
}

#[test]
fn refused_credentials_lead_to_a_login() {
    let cases: [(&[&[u8]], &str, &str); 6] = [
        (&[BEARER], OCTOCAT, "(401 Unauthorized, with the configured credentials): UNAUTHORIZED: wrong password"),
        (&[BEARER], "", "(401 Unauthorized, without credentials): UNAUTHORIZED: wrong password"),
        (&[b"Basic"], OCTOCAT, "(401 Unauthorized, with the configured credentials)"),
        (&[b"Basic"], "", "(401 Unauthorized, without credentials)"),
        (&[b"Negotiate"], OCTOCAT, "(401 Unauthorized, it asks by `Negotiate`)"),
        (&[b"Bearer service=\"x\""], OCTOCAT, "(401 Unauthorized, it asks by `Bearer service=\"x\"`)"),
    ];
    for (challenges, members, told) in cases {
        let (text, server) = refuses(members, move |ask| by_token(ask, challenges, |_| false));
        assert!(text.contains(told), "{text}");
        let login = format!("hint: log in with `docker login {}`", server.address());
        assert_eq!(text.contains(&login), !told.contains("it asks by"), "{text}");
    }
    let (text, server) = refuses(OCTOCAT, |ask| {
        if ask.path.starts_with("/token") { reply(200, &[], "<html>log in</html>") } else { refuse(ask, &[BEARER]) }
    });
    let sent = format!("sends to `http://{}/token` for a token, which answered without", server.address());
    assert!(text.contains(&sent) && text.contains("hint: is that the registry's token server?"), "{text}");
}

#[test]
fn a_wrong_password_is_shown_once_however_many_services_there_are() {
    let services = Services::new();
    let all: Vec<Service> = ["api", "vault", "ctrl", "frontline"].map(|name| services.add(name, "one")).into();
    let spec = services.spec(&all.iter().collect::<Vec<_>>());
    for challenge in [&b"Basic realm=\"x\""[..], BEARER] {
        let seen: &'static Mutex<usize> = Box::leak(Box::default());
        let server = Server::start(move |ask| {
            *seen.lock().unwrap() += usize::from(is_octocat(ask));
            by_token(ask, &[challenge], |_| false)
        });
        let text = stderr(&push_as(&server, &spec, OCTOCAT).code(2));
        assert_eq!(text.matches("(401 Unauthorized, with the configured credentials)").count(), all.len(), "{text}");
        assert_eq!(*seen.lock().unwrap(), 1, "{text}");
    }
}

#[test]
fn secrets_go_to_the_registry_alone() {
    // Not to where nobody protects them,
    let (text, _) = refuses(OCTOCAT, |ask| refuse(ask, &[b"Bearer realm=\"http://registry.invalid/token\""]));
    let told = "leads to `http://registry.invalid/token`, which is neither https nor on this machine";
    assert!(text.contains(told), "{text}");
    // nor after a redirect of the token server: a password stays behind, a form with a token in it altogether,
    let seen: &'static Mutex<Vec<String>> = Box::leak(Box::default());
    let elsewhere = Server::start(|ask| {
        let text = format!("{} {} {}", ask.line(), ask.header("authorization"), String::from_utf8_lossy(&ask.body));
        seen.lock().unwrap().push(text);
        reply(200, &[], r#"{"token":"abc"}"#)
    });
    for members in [OCTOCAT, IDENTITY_TOKEN] {
        let token = format!("http://{}/token", elsewhere.address());
        let (text, _) = refuses(members, move |ask| {
            if ask.path.starts_with("/token") {
                return reply(307, &[("location", &token)], "");
            }
            refuse(ask, &[BEARER])
        });
        let is_form = members == IDENTITY_TOKEN;
        assert_eq!(text.contains("answered `307 Temporary Redirect` to: get a token from"), is_form, "{text}");
    }
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|one| one == "GET /token  "), "{seen:?}");
    // nor to the host that takes the uploads.
    let stored: &'static Mutex<Vec<String>> = Box::leak(Box::default());
    let (registry, services) = (Registry::start(), Services::new());
    let storage = Server::in_front_of(registry.address(), |ask| {
        stored.lock().unwrap().push(ask.header("authorization").to_owned());
        None
    });
    // Any name will do for crane's registry.
    let location = format!("http://{}/v2/unkeyed/api/blobs/uploads/1?state=secret", storage.address());
    let server = Server::in_front_of(registry.address(), move |ask| {
        if !is_octocat(ask) && ask.path != "/v2/" {
            return refuse(ask, &[b"Basic realm=\"test\""]);
        }
        let is_upload = ask.method == "POST" && ask.path.ends_with("/blobs/uploads/");
        reply_when(is_upload, 202, &[("location", &location)], "")
    });
    push_as(&server, &services.spec(&[&services.add("api", "one")]), OCTOCAT).success();
    assert_eq!(*stored.lock().unwrap(), [""; 5]);
}
