//! `image push` to registries that want to know who is asking.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use assert_cmd::assert::Assert;
use serde_json::json;

use super::push::stderr;
use super::registry::{Registry, on_each_registry};
use super::server::{Answer, Ask, Server, reply};
use super::services::Services;
use super::wire::{Fault, Wire};

/// `octocat:hunter2`.
const BASIC: &str = "Basic b2N0b2NhdDpodW50ZXIy";

/// The same, as docker stores it.
const STORED: &str = "b2N0b2NhdDpodW50ZXIy";

const SCOPE: &str = "scope=repository%3Aunkeyed%2Fapi%3Apull%2Cpush";

/// How many requests a token is good for.
const TOKEN_USES: usize = 4;

/// A registry behind the token protocol: every token is used up after a few requests.
fn with_tokens(registry: &Registry, check: impl Fn(&Ask) -> bool + Send + Sync + 'static) -> Server {
    let (uses, tokens) = (AtomicUsize::new(0), AtomicUsize::new(0));
    Server::in_front_of(registry.address(), move |ask| {
        if ask.path.starts_with("/token") {
            if !check(ask) {
                return reply(401, &[], r#"{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}"#);
            }
            uses.store(0, Ordering::Relaxed);
            let token = format!("t0ken-{}", tokens.fetch_add(1, Ordering::Relaxed) + 1);
            return reply(200, &[], json!({"token": token, "expires_in": 300}).to_string());
        }
        let current = format!("Bearer t0ken-{}", tokens.load(Ordering::Relaxed));
        if ask.header("authorization") == current && uses.fetch_add(1, Ordering::Relaxed) < TOKEN_USES {
            return None;
        }
        let challenge = format!(r#"Bearer realm="http://{}/token",service="test""#, ask.header("host"));
        reply(401, &[("www-authenticate", &challenge)], "")
    })
}

/// A docker configuration with this content, `HOST` being the registry's address.
fn configure(services: &Services, server: &Server, content: &str) -> PathBuf {
    services.docker_config(&content.replace("HOST", server.address()))
}

/// One request after the other, so that none finds its new token used up by others.
fn push(server: &Server, spec: &Path, config: &Path) -> Assert {
    let mut command = super::push::command(server.address(), spec);
    let outcome = command.args(["--attempts", "1", "--concurrency", "1", "--tag", "v1.0.0"]);
    let outcome = outcome.env("DOCKER_CONFIG", config).assert();
    for stream in [&outcome.get_output().stdout, &outcome.get_output().stderr] {
        let text = String::from_utf8(stream.clone()).unwrap();
        assert!(!text.contains("hunter2") && !text.contains(STORED) && !text.contains("t0ken"), "{text}");
    }
    outcome
}

#[test]
fn tokens_are_fetched_with_the_stored_password_and_renewed() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let server = with_tokens(registry, |ask| {
            ask.header("authorization") == BASIC && ask.path.contains("service=test") && ask.path.contains(SCOPE)
        });
        let config = configure(&services, &server, &format!(r#"{{"auths": {{"HOST": {{"auth": "{STORED}"}}}}}}"#));
        push(&server, &services.spec(&[&service]), &config).success();
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
        // More than one, since they wear out; fewer than requests, since they are kept.
        let tokens = server.log().iter().filter(|line| line.ends_with("/token")).count();
        assert!((2..server.log().len() / 3).contains(&tokens), "{:?}", server.log());
    });
}

#[test]
fn a_token_that_arrives_cut_off_is_asked_for_again() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let server = with_tokens(registry, |_| true);
        let is_first = AtomicBool::new(true);
        let wire = Wire::in_front_of(server.address(), move |request, _| {
            let is_unlucky = request.starts_with("GET /token") && is_first.swap(false, Ordering::Relaxed);
            if is_unlucky { Fault::Cut { bytes: 3 } } else { Fault::None }
        });
        let text =
            stderr(&super::push::push(wire.address(), &spec, &["--tag", "v1.0.0", "--concurrency", "1"]).success());
        assert!(text.contains("to get a token from `http://") && text.contains("attempt 2 of up to 2"), "{text}");
        registry.assert_complete("unkeyed/api", "v1.0.0");
    });
}

#[test]
fn an_identity_token_is_exchanged_in_a_form() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let server = with_tokens(registry, |ask| {
            let form = String::from_utf8(ask.body.to_vec()).unwrap();
            ask.method == "POST"
                && !ask.path.contains("hunter2")
                && form.contains("grant_type=refresh_token")
                && form.contains("refresh_token=hunter2")
                && form.contains(SCOPE)
        });
        let config = configure(&services, &server, r#"{"auths": {"HOST": {"auth": "", "identitytoken": "hunter2"}}}"#);
        push(&server, &spec, &config).success();
    });
}

#[test]
fn basic_authorization_and_a_credential_helper() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let server = Server::in_front_of(registry.address(), |ask| match ask.header("authorization") {
            BASIC => None,
            _ => reply(401, &[("www-authenticate", r#"Basic realm="test""#)], ""),
        });
        let config = configure(&services, &server, r#"{"credHelpers": {"HOST": "test"}}"#);
        let helper = services.path("docker-credential-test");
        let script = "#!/bin/sh\ncat >/dev/null\necho '{\"Username\": \"octocat\", \"Secret\": \"hunter2\"}'\n";
        parts::files::write_program(&helper, script);
        let mut command = super::push::command(server.address(), &services.spec(&[&service]));
        let path = format!("{}:/usr/bin:/bin", services.path("").display());
        command.args(["--attempts", "1", "--tag", "v1.0.0"]).env("DOCKER_CONFIG", config).env("PATH", path);
        command.assert().success();
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
    });
}

#[test]
fn refused_credentials_lead_to_a_login() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        for (config, who) in [
            (format!(r#"{{"auths": {{"HOST": {{"auth": "{STORED}"}}}}}}"#), "with the configured credentials"),
            ("{}".to_owned(), "without credentials"),
        ] {
            let server = with_tokens(registry, |_| false);
            let config = configure(&services, &server, &config);
            let text = stderr(&push(&server, &spec, &config).code(2));
            assert!(text.contains(&format!("(401 Unauthorized, {who}): UNAUTHORIZED: wrong password")), "{text}");
            assert!(text.contains(&format!("hint: log in with `docker login {}`", server.address())), "{text}");
            assert_eq!(server.writes(), [""; 0]);
        }
    });
}

#[test]
fn broken_credentials_are_no_anonymous_push() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let server = with_tokens(registry, |_| true);
        for (content, message) in [
            ("{", "is no configuration of docker's: EOF while parsing an object"),
            (r#"{"auths": {"HOST": {"auth": "%%%"}}}"#, "cannot be used: its `auth` is not base64"),
            (r#"{"credsStore": "that-does-not-exist"}"#, "cannot run the credential helper"),
        ] {
            let config = configure(&services, &server, content);
            let text = stderr(&push(&server, &spec, &config).code(2));
            assert!(text.contains("cannot get the credentials") && text.contains(message), "{content}: {text}");
        }
    });
}

#[test]
fn a_password_never_leaves_for_an_unprotected_address() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let server = Server::in_front_of(registry.address(), |_| {
            reply(401, &[("www-authenticate", r#"Bearer realm="http://registry.invalid/token""#)], "")
        });
        let config = configure(&services, &server, &format!(r#"{{"auths": {{"HOST": {{"auth": "{STORED}"}}}}}}"#));
        let text = stderr(&push(&server, &spec, &config).code(2));
        assert!(
            text.contains("leads to `http://registry.invalid/token`, which is neither https nor on this machine"),
            "{text}"
        );
    });
}

#[test]
fn an_upload_to_another_host_gets_the_bytes_and_no_token() {
    let (registry, services) = (Registry::start(), Services::new());
    let service = services.add("api", "one");
    let seen: &'static Mutex<Vec<String>> = Box::leak(Box::default());
    let storage = Server::in_front_of(registry.address(), |ask| {
        seen.lock().unwrap().push(ask.header("authorization").to_owned());
        None
    });
    let elsewhere = storage.address().to_owned();
    let server = Server::in_front_of(registry.address(), move |ask| redirect_upload(ask, &elsewhere));
    let config = configure(&services, &server, &format!(r#"{{"auths": {{"HOST": {{"auth": "{STORED}"}}}}}}"#));
    push(&server, &services.spec(&[&service]), &config).success();
    assert_eq!(*seen.lock().unwrap(), [""; 5]);
    assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
}

fn redirect_upload(ask: &Ask, elsewhere: &str) -> Answer {
    if ask.header("authorization") != BASIC && ask.path != "/v2/" {
        return reply(401, &[("www-authenticate", r#"Basic realm="test""#)], "");
    }
    let is_upload = ask.method == "POST" && ask.path.ends_with("/blobs/uploads/");
    // Any name will do for crane's registry.
    let location = format!("http://{elsewhere}/v2/unkeyed/api/blobs/uploads/1?state=secret");
    is_upload.then(|| reply(202, &[("location", &location)], "")).flatten()
}
