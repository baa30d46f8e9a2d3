//! `image push` to registries that leave things out, say them in their own way, or lead elsewhere for them.

use std::path::Path;

use super::{push, stderr, stdout};
use crate::support::registry::{Registry, on_each_registry};
use crate::support::server::{Ask, Server, reply, reply_when};
use crate::support::services::Services;

const TAG: &str = "/v2/unkeyed/api/manifests/v1.0.0";

fn is_tag(ask: &Ask) -> bool {
    ask.path.ends_with("/manifests/v1.0.0")
}

/// Pushes an image, the same once more, and another one under the same tag; the middle one by these requests.
fn push_three_times(server: &Server, requests: &[String]) {
    let services = Services::new();
    let [one, other] = ["one", "two"].map(|content| services.add("api", content));
    let tag = ["--tag", "v1.0.0"];
    let first = push(server.address(), &services.spec(&[&one]), &tag).success();
    assert_eq!(stdout(&first), format!("{}/unkeyed/api@{}\n", server.address(), one.digest));
    let asked = server.log().len();
    let second = stderr(&push(server.address(), &services.spec(&[&one]), &tag).success());
    assert!(second.contains("unchanged"), "{second}");
    assert_eq!(server.log()[asked..], *requests);
    let third = stderr(&push(server.address(), &services.spec(&[&other]), &tag).code(1));
    assert!(third.contains(&one.digest) && third.contains(&other.digest), "{third}");
}

#[test]
fn a_tag_without_a_usable_digest_is_read() {
    let requests = [format!("HEAD {TAG}"), format!("GET {TAG}")];
    on_each_registry(|registry| {
        let server = Server::hiding(&["docker-content-digest"], registry.address(), |_| None);
        push_three_times(&server, &requests);
    });
    let sha512 = format!("sha512:{}", "0".repeat(128));
    for digest in [sha512.as_str(), "v1.0.0", "sha256:0"] {
        let (registry, digest) = (Registry::start(), digest.to_owned());
        let upstream = registry.address().to_owned();
        let server = Server::in_front_of(&upstream, move |ask| {
            let is_there = || registry.tag("unkeyed/api", "v1.0.0").is_some();
            let is_told = ask.is_manifest("HEAD", "v1.0.0") && is_there();
            reply_when(is_told, 200, &[("docker-content-digest", &digest)], "")
        });
        push_three_times(&server, &requests);
    }
    // A registry that does not know `HEAD`: the last does not know which blobs it has either, so that they are sent.
    for (status, part) in
        [(400, "/manifests/v1.0.0"), (405, "/manifests/v1.0.0"), (501, "/manifests/v1.0.0"), (405, "")]
    {
        let registry = Registry::start();
        let server = Server::in_front_of(registry.address(), move |ask| {
            reply_when(ask.method == "HEAD" && ask.path.contains(part), status, &[], "")
        });
        push_three_times(&server, &requests);
    }
}

/// A host of storage that answers `GET` from the registry and refuses `HEAD`, as URLs that are signed for one method do;
/// nobody shows it who he is.
fn storage(registry: &Registry) -> Server {
    Server::in_front_of(registry.address(), |ask| {
        assert_eq!(ask.header("authorization"), "");
        assert_eq!(ask.header("referer"), "");
        let refusal = "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code></Error>";
        (ask.method == "HEAD").then(|| reply(403, &[("content-type", "application/xml")], refusal)).flatten()
    })
}

fn leading_to(elsewhere: &str, registry: &Registry, is_led: impl Fn(&Ask) -> bool + Send + Sync + 'static) -> Server {
    let elsewhere = elsewhere.to_owned();
    Server::in_front_of(registry.address(), move |ask| {
        if !is_led(ask) {
            return None;
        }
        reply(307, &[("location", &format!("http://{elsewhere}{}?signature=s3cret", ask.path))], "")
    })
}

#[test]
fn a_blob_that_another_host_does_not_tell_about_is_sent() {
    for elsewhere in [None, Some(parts::ports::free_address()), Some("registry.invalid".to_owned())] {
        let registry = Registry::start();
        let storage = storage(&registry);
        let elsewhere = elsewhere.as_deref().unwrap_or(storage.address());
        let server =
            leading_to(elsewhere, &registry, |ask| ask.method == "HEAD" && ask.path.contains("/blobs/sha256:"));
        push_three_times(&server, &[format!("HEAD {TAG}")]);
    }
}

#[test]
fn a_tag_that_another_host_refuses_to_tell_about_is_read() {
    let registry = Registry::start();
    let storage = storage(&registry);
    let upstream = registry.address().to_owned();
    let is_there = move || crate::support::server::get(&format!("http://{upstream}{TAG}")).is_some();
    let server = leading_to(storage.address(), &registry, move |ask| ask.method != "PUT" && is_tag(ask) && is_there());
    push_three_times(&server, &[format!("HEAD {TAG}"), format!("GET {TAG}")]);
}

#[test]
fn what_another_host_says_is_told_as_its_own() {
    let (registry, services) = (Registry::start(), Services::new());
    let spec = services.spec(&[&services.add("api", "one")]);
    for (status, words) in [(401, ""), (403, "<title>Signature expired</title>"), (404, "no such key")] {
        let storage = Server::start(move |_| reply(status, &[("www-authenticate", "Basic")], words));
        let server = leading_to(storage.address(), &registry, is_tag);
        let text = stderr(&push(server.address(), &spec, &["--tag", "v1.0.0"]).code(2));
        let told = format!("`{}`, where registry `{}` leads, answered `{status}", storage.address(), server.address());
        assert!(text.contains(&told), "{text}");
        assert!(!text.contains("credentials") && !text.contains("login") && !text.contains("s3cret"), "{text}");
        assert_eq!(server.writes(), [""; 0]);
    }
    let nobody = parts::ports::free_address();
    let server = leading_to(&nobody, &registry, is_tag);
    let text = stderr(&push(server.address(), &spec, &["--tag", "v1.0.0"]).code(2));
    assert!(text.contains(&format!("cannot reach `{nobody}`, where registry `{}` leads", server.address())), "{text}");
}

#[test]
fn a_registry_leads_nowhere_in_the_clear() {
    let (registry, services) = (Registry::start(), Services::new());
    let spec = services.spec(&[&services.add("api", "one")]);
    let server = leading_to("registry.invalid", &registry, is_tag);
    let text = stderr(&push(server.address(), &spec, &["--tag", "v1.0.0"]).code(2));
    assert!(text.contains("leads to `http://registry.invalid/v2/unkeyed/api/manifests/v1.0.0`, which is neither https nor on this machine"), "{text}");
    assert!(!text.contains("attempt 2"), "{text}");
}

#[test]
fn a_login_page_elsewhere_is_no_registry() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let page = Server::start(|_| reply(200, &[("content-type", "text/html")], "<!DOCTYPE html><title>Log in</title>"));
    let login = format!("http://{}/login", page.address());
    let server =
        Server::start(move |ask| (ask.path == "/v2/").then(|| reply(302, &[("location", &login)], "")).flatten());
    let text = stderr(&push(server.address(), &spec, &["--tag", "v1.0.0"]).code(2));
    assert!(text.contains(&format!("`/v2/` leads to `{}` and is a web page", page.address())), "{text}");
}

#[test]
fn what_is_taken_is_taken_by_any_success() {
    for status in [200, 202, 204] {
        let registry = Registry::start();
        let upstream = registry.address().to_owned();
        let server = Server::in_front_of(registry.address(), move |ask| {
            let url = format!("http://{upstream}{}", ask.path);
            (ask.method == "PUT")
                .then(|| crate::support::server::put(&url, ask))
                .map(|()| reply(status, &[], "").unwrap())
        });
        push_three_times(&server, &[format!("HEAD {TAG}")]);
    }
}

#[test]
fn names_below_localhost_are_this_machine() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let port = registry.address().rsplit_once(':').unwrap().1;
        for (host, tag) in
            [("k3d-registry.localhost", "v1.0.0"), ("http://a.b.localhost", "v1.0.1"), ("LocalHost", "v1.0.2")]
        {
            let outcome = through_nobody(&format!("{host}:{port}"), &services.spec(&[&service]), tag);
            assert!(outcome.contains(&format!("/unkeyed/api@{}", service.digest)), "{outcome}");
            assert_eq!(registry.tag("unkeyed/api", tag).unwrap(), service.digest);
        }
    });
}

/// A push that would fail if it took the proxy of the environment.
fn through_nobody(address: &str, spec: &Path, tag: &str) -> String {
    let proxy = format!("http://{}", parts::ports::free_address());
    let mut command = super::command(address, spec, &["--tag", tag]);
    command.env("HTTPS_PROXY", &proxy).env("HTTP_PROXY", proxy);
    stdout(&assert_cmd::Command::from_std(command).assert().success())
}
